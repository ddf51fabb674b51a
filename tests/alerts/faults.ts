/** The faults that a cluster can make, each with the alert that must name it. @module */

import { get, kubectl, makeFault, pause } from "../e2e/cluster.ts";
import { releaseName } from "../e2e/release.ts";
import type { NamedAlert } from "./firing_alerts.ts";

/** A fault and what must come of it. */
export interface Fault {
  readonly name: string;
  readonly alerts: readonly NamedAlert[];
  readonly make: () => Promise<unknown>;
  readonly mend: () => Promise<unknown>;
  /** Set where the alert goes on for a while by design. */
  readonly resolveSeconds?: number;
}

/** Where the faults are made: at least {@linkcode fewestNodes} nodes, and the agents' namespace. */
export interface Place {
  readonly nodes: readonly string[];
  readonly namespace: string;
}

/** Two causes at once must leave most of the mesh well. */
export const fewestNodes = 7;

/** The label without which a node has no agent. */
export const agentLabel = "nodeping-e2e";

/** Faults of one lane come one after the other; lanes run side by side, on nodes of their own. */
export type Lanes = Readonly<Record<string, readonly Fault[]>>;

/**
 * All faults, in phases: where packets are lost, a short burst is that fault's, and without agents
 * nothing else is seen.
 */
export function phases(place: Place): readonly Lanes[] {
  const [dead, lossy, silent, filtered, stray, cutOff, lonely] = place.nodes as [
    ...[string, string, string, string, string, string, string],
  ];
  return [
    {
      agents: agentFaults(place, lonely),
      lists: listFaults(place, stray, cutOff),
      bursts: [shortCut(dead, lossy)],
    },
    { links: linkFaults(place.nodes, dead, lossy), filters: filterFaults(silent, filtered) },
    { none: [noAgentAnywhere()] },
  ];
}

function noAgentAnywhere(): Fault {
  return {
    name: "No node has an agent",
    alerts: [{ key: "noAgent", nodes: [] }],
    make: () => kubectl("label", "nodes", "--all", `${agentLabel}-`),
    mend: () => kubectl("label", "nodes", "--all", `${agentLabel}=agent`),
  };
}

function linkFaults(nodes: readonly string[], dead: string, lossy: string): readonly Fault[] {
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

function filterFaults(silent: string, filtered: string): readonly Fault[] {
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

function agentFaults({ namespace }: Place, node: string): readonly Fault[] {
  const missing: readonly NamedAlert[] = [{ key: "agentMissing", nodes: [node] }];
  const textfiles = () => makeFault("textfiles", numberOf(node));
  return [
    {
      name: `${node}'s agent may not write its textfile`,
      alerts: missing,
      // Without capabilities uid 0, too, needs the directory's permission.
      make: async () => await Deno.chmod(await textfiles(), 0o555),
      mend: async () => await Deno.chmod(await textfiles(), 0o755),
    },
    {
      name: `${node} has no agent`,
      alerts: missing,
      make: () => kubectl("label", "node", node, `${agentLabel}-`),
      mend: () => kubectl("label", "node", node, `${agentLabel}=agent`),
    },
    {
      name: `${node}'s agent starts where nothing may send ICMP`,
      alerts: [{ key: "agentNotMeasuring", nodes: [node] }],
      make: async () => {
        await filter(node, "icmp type echo-request");
        const onThisNode = ["--field-selector", `spec.nodeName=${node}`];
        await kubectl("delete", "pod", "-n", namespace, "-l", "app=node-ping", ...onThisNode);
      },
      mend: () => unfilter(node),
    },
  ];
}

function listFaults({ namespace }: Place, stray: string, cutOff: string): readonly Fault[] {
  let good = "";
  const change = async (to: (list: string) => string) => {
    const name = `${releaseName}-config`;
    const map = await get<{ data: { "nodes.json": string } }>("configmap", name, "-n", namespace);
    const patch = JSON.stringify({ data: { "nodes.json": to(map.data["nodes.json"]) } });
    await kubectl("patch", "configmap", name, "-n", namespace, "--type=merge", `-p=${patch}`);
    return map.data["nodes.json"];
  };
  const restore = () => change(() => good);
  return [
    {
      name: `The list lacks ${stray}; ${cutOff}'s kubelet has lost the API server`,
      alerts: [{ key: "configDiffers", nodes: [] }, { key: "nodeNotInList", nodes: [] }],
      make: async () => {
        const { subsets } = await get<{ subsets: [{ ports: [{ port: number }] }] }>(
          "endpoints",
          "kubernetes",
        );
        await filter(cutOff, `tcp sport ${subsets[0].ports[0].port}`, "input");
        good = await change((list) =>
          JSON.stringify(
            (JSON.parse(list) as { name: string }[]).filter(({ name }) => name !== stray),
          )
        );
      },
      mend: async () => {
        await unfilter(cutOff);
        await restore();
      },
    },
    {
      name: "The list has a node without a name",
      alerts: [{ key: "configRefused", nodes: [] }],
      make: async () => good = await change(() => '[{"name": "", "ipAddress": "10.0.0.1"}]'),
      mend: restore,
    },
  ];
}

/** Too short for a cause: 2 s are less than 2 % of two minutes. */
function shortCut(one: string, other: string): Fault {
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

async function addressOf(node: string): Promise<string> {
  const path = "jsonpath={.status.addresses[?(@.type=='InternalIP')].address}";
  return (await kubectl("get", "node", node, "-o", path)).trim();
}

function numberOf(node: string): string {
  return node.replace(/^node-/, "");
}

function onNode(node: string, ...command: string[]): Promise<string> {
  return makeFault("on-node", numberOf(node), ...command);
}

/** Drops what the node itself sends, or what is sent to it. */
function filter(node: string, what: string, hook = "output"): Promise<string> {
  return onNode(node, "nft", table("nodeping-e2e", hook, what));
}

function unfilter(node: string): Promise<string> {
  return onNode(node, "nft", "delete table inet nodeping-e2e");
}

function table(name: string, hook: string, what: string): string {
  return `add table inet ${name}; ` +
    `add chain inet ${name} faults { type filter hook ${hook} priority 0; }; ` +
    `add rule inet ${name} faults ${what} drop`;
}
