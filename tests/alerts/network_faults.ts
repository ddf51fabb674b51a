/** Faults of the network: links, filters, zones, delays. @module */

import { makeFault, pause } from "../e2e/cluster.ts";
import type { Fault, Place } from "./fault.ts";
import {
  addressOf,
  filter,
  networkOf,
  numberOf,
  onNode,
  table,
  unfilter,
} from "../e2e/node_network.ts";
import { slowReplies } from "./slow_replies.ts";

/** A dead link, a lossy node, a lossy link. */
export function linkFaults(
  nodes: readonly string[],
  dead: string,
  lossy: string,
): readonly Fault[] {
  const mend = () => makeFault("heal");
  return [
    {
      name: `${dead} loses its link`,
      alerts: [{ key: "nodeUnreachable", nodes: [dead] }],
      make: () => makeFault("isolate", numberOf(dead)),
      mend,
    },
    {
      name: `${lossy} loses 30 % of what it sends`,
      alerts: [{ key: "nodeLossy", nodes: [lossy] }],
      make: async () => {
        for (const other of nodes.filter((node) => node !== lossy)) {
          await makeFault("loss", numberOf(lossy), numberOf(other), "30");
        }
      },
      mend,
    },
    {
      name: `${dead} and ${lossy} lose 30 % between them`,
      alerts: [{ key: "linkLossy", nodes: [dead, lossy] }],
      make: () => makeFault("loss", numberOf(dead), numberOf(lossy), "30"),
      mend,
    },
  ];
}

/** A node that does not answer, and one that cannot ask. */
export function filterFaults(silent: string, filtered: string): readonly Fault[] {
  const ignore = (value: number) =>
    onNode(silent, "sysctl", "-qw", `net.ipv4.icmp_echo_ignore_all=${value}`);
  return [
    {
      name: `${silent} has icmp_echo_ignore_all`,
      alerts: [{ key: "destinationNotAnswering", nodes: [silent] }],
      make: () => ignore(1),
      mend: () => ignore(0),
    },
    {
      name: `${filtered} filters its own echo requests`,
      alerts: [{ key: "sourceFaulty", nodes: [filtered] }],
      make: () => filter(filtered, 'oifname != "lo" icmp type echo-request'),
      mend: () => unfilter(filtered),
    },
  ];
}

/** Loss between all nodes of one zone and all of another. */
export function zonesApart({ zones: [[one, ones], [other, others]] }: Place): Fault {
  return {
    name: `${one} and ${other} lose 30 % between them`,
    alerts: [{ key: "zonePairLossy", nodes: [one, other] }],
    make: async () => {
      for (const [from, to] of ones.flatMap((from) => others.map((to) => [from, to] as const))) {
        await makeFault("loss", numberOf(from), numberOf(to), "30");
      }
    },
    mend: () => makeFault("heal"),
  };
}

/** Every other pair between two zones loses its path, as over one of two uplinks. */
export function halfOfPairsApart({ zones: [[one, ones], [other, others]] }: Place): Fault {
  return {
    name: `Half of the pairs between ${one} and ${other} lose all`,
    alerts: [{ key: "pathLossy", nodes: [one, other] }],
    make: async () => {
      const pairs = ones.flatMap((from) => others.map((to) => [from, to] as const));
      for (const [from, to] of pairs.filter((_, index) => index % 2 === 0)) {
        await makeFault("cut", numberOf(from), numberOf(to));
      }
    },
    mend: () => makeFault("heal"),
  };
}

/** A node whose round trips take far longer than they did before. */
export function lateReplies(slow: string): Fault {
  let late: AsyncDisposable | undefined;
  return {
    name: `${slow} answers 20 ms late`,
    alerts: [{ key: "rttHigh", nodes: [slow] }],
    make: async () => {
      late = await slowReplies({ ...networkOf(slow), address: await addressOf(slow) }, 20);
    },
    mend: async () => await late?.[Symbol.asyncDispose](),
  };
}

/** Too short for a cause: 2 s are less than 2 % of two minutes. */
export function shortCut(one: string, other: string): Fault {
  return {
    name: `Nothing passes between ${one} and ${other} for 2 s`,
    alerts: [{ key: "lossBursts", nodes: [one, other] }],
    resolveSeconds: 630,
    make: async () => {
      const address = await addressOf(other);
      await onNode(
        one,
        "nft",
        table("bursts", "input", `ip saddr ${address} icmp type echo-reply`),
      );
      await pause(1.9);
      await onNode(one, "nft", "delete table inet bursts");
    },
    mend: () => Promise.resolve(),
  };
}

/** A node that is gone for 60 s: no cause may be told of what is over, and its bursts are. */
export function shortOutage(node: string): Fault {
  return {
    name: `${node} loses its link for 60 s`,
    alerts: [{ key: "lossBursts", nodes: [node] }],
    resolveSeconds: 630,
    make: async () => {
      await makeFault("isolate", numberOf(node));
      await pause(60);
      await makeFault("heal");
    },
    mend: () => Promise.resolve(),
  };
}
