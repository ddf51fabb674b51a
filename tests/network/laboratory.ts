/**
 * What most network tests need: a namespace with a responder, a node list and an agent in it.
 *
 * @module
 */

import { needing } from "../needing.ts";
import { startAgent } from "./agent_process.ts";
import type { AgentProcess } from "./agent_process.ts";
import { makeConfigVolume } from "./config_volume.ts";
import type { ConfigVolume } from "./config_volume.ts";
import { fpingVersions } from "./fping_versions.ts";
import type { FpingVersion } from "./fping_versions.ts";
import { makeNamespace, networkTestsUnavailable } from "./namespace.ts";
import type { Namespace } from "./namespace.ts";
import { startResponder } from "./responder.ts";
import type { Responder } from "./responder.ts";
import type { Script } from "./responder_script.ts";

/** The parts, all ended when it is disposed of. */
export interface Laboratory extends AsyncDisposable {
  readonly namespace: Namespace;
  readonly responder: Responder;
  readonly volume: ConfigVolume;
  readonly agent: AgentProcess;
}

/** What a laboratory is made with. */
export interface LaboratoryOptions {
  /** Path of fping. */
  readonly fping: string;
  /** Content of nodes.json; no file when absent. */
  readonly nodes?: unknown;
  readonly script?: Script;
  readonly node?: string;
  /** Flags of the agent; without them it probes every node, however many there are. */
  readonly flags?: readonly string[];
  readonly under?: readonly string[];
  readonly textfileDirectory?: string;
  /** Prepares the namespace before the agent starts. */
  readonly prepare?: (namespace: Namespace) => Promise<unknown>;
}

/** Makes the parts in order; those made so far are ended when a later one fails. */
export async function makeLaboratory(options: LaboratoryOptions): Promise<Laboratory> {
  const { fping, nodes, script = {}, prepare, flags = ["--mesh-degree=full"], ...rest } = options;
  await using parts = new AsyncDisposableStack();
  const namespace = parts.use(await makeNamespace());
  const responder = parts.use(await startResponder(namespace));
  await responder.setScript(script);
  await prepare?.(namespace);
  const volume = parts.use(await makeConfigVolume(nodes));
  const config = volume.file;
  const agent = parts.use(await startAgent({ namespace, config, fping, flags, ...rest }));
  const kept = parts.move();
  return { namespace, responder, volume, agent, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

/** A node list of these addresses, named after them. */
export function nodesAt(addresses: readonly string[]): { name: string; ipAddress: string }[] {
  return addresses.map((ipAddress) => ({ name: nodeName(ipAddress), ipAddress }));
}

/** The name that {@linkcode nodesAt} gives the node at an address. */
export function nodeName(address: string): string {
  return `n-${address.replaceAll(/[.:]+/g, "-")}`;
}

/** Registers a test with real fping; skipped, with the reason in its name, where it cannot run. */
export function networkTest(
  name: string,
  body: (fping: string, version: FpingVersion["version"]) => Promise<void>,
  versions: readonly FpingVersion["version"][] = ["5.1"],
): void {
  for (const { version, path = "", unavailable } of fpingVersions()) {
    if (!versions.includes(version)) continue;
    const reason = networkTestsUnavailable() ?? unavailable;
    Deno.test({
      ...needing(`${name} (fping ${version})`, reason),
      fn: () => body(path, version),
    });
  }
}
