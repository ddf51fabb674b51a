/**
 * A node whose replies come late. Not every kernel can delay packets by itself (netem), so requests
 * are handed to a responder of ours, by rewriting addresses that no connection tracking remembers.
 *
 * @module
 */

import type { Inside } from "../network/namespace.ts";
import { startResponder } from "../network/responder.ts";

/** The node that is to be slow. */
export interface SlowNode extends Inside {
  /** The address at which others probe it. */
  readonly address: string;
}

const network = "10.77.0.1/16";
const stand = "10.77.0.9";

/** Delays the node's replies to all others until it is disposed of. No probe is lost on the way. */
export async function slowReplies(node: SlowNode, delayMs: number): Promise<AsyncDisposable> {
  const responder = await startResponder(node, [network], "slow0");
  await responder.setScript({ [stand]: [{ action: { kind: "reply", delaysMs: [delayMs] } }] });
  await node.run("nft", rules(node.address));
  return {
    [Symbol.asyncDispose]: async () => {
      await node.run("nft", "delete table ip slow");
      await responder[Symbol.asyncDispose]();
    },
  };
}

function rules(address: string): string {
  const requests = `ip daddr ${address} iifname != "lo" icmp type echo-request`;
  const replies = `ip saddr ${stand} icmp type echo-reply`;
  return `table ip slow {
    chain there { type filter hook prerouting priority -301;
      ${requests} notrack ip daddr set ${stand};
      ${replies} notrack; };
    chain back { type filter hook postrouting priority 300;
      ${replies} ip saddr set ${address}; }; }`;
}
