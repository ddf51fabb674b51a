/** Faults of the agents and of what they are given. @module */

import { get, kubectl, makeFault } from "../e2e/cluster.ts";
import { releaseName } from "../e2e/release.ts";
import type { Fault, Place } from "./fault.ts";
import type { NamedAlert } from "./firing_alerts.ts";
import { filter, numberOf, unfilter } from "../e2e/node_network.ts";

/** The label without which a node has no agent. */
export const agentLabel = "nodeping-e2e";

/** All agents are gone at once, as after an uninstallation that nobody meant. */
export function noAgentAnywhere(): Fault {
  return {
    name: "No node has an agent",
    alerts: [{ key: "noAgent", nodes: [] }],
    make: () => kubectl("label", "nodes", "--all", `${agentLabel}-`),
    mend: () => kubectl("label", "nodes", "--all", `${agentLabel}=agent`),
  };
}

/** An agent that cannot write, one that is missing, one that cannot measure. */
export function agentFaults({ namespace }: Place, node: string): readonly Fault[] {
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

/**
 * A list that reaches not all agents, lacks a node and has entries that nobody can probe, and one that
 * is refused. The sync is down meanwhile, and mends them when it is back.
 */
export function listFaults({ namespace }: Place, stray: string, cutOff: string): readonly Fault[] {
  const scaleSync = async (replicas: number) => {
    const sync = `deployment/${releaseName}-sync`;
    await kubectl("scale", sync, "-n", namespace, `--replicas=${replicas}`);
    const pods = ["pod", "-l", "app.kubernetes.io/component=sync", "-n", namespace];
    if (replicas === 0) await kubectl("wait", "--for=delete", "--timeout=60s", ...pods);
  };
  const change = async (to: (list: string) => string) => {
    await scaleSync(0);
    const name = `${releaseName}-config-live`;
    const map = await get<{ data: { "nodes.json": string } }>("configmap", name, "-n", namespace);
    const patch = JSON.stringify({ data: { "nodes.json": to(map.data["nodes.json"]) } });
    await kubectl("patch", "configmap", name, "-n", namespace, "--type=merge", `-p=${patch}`);
  };
  return [
    {
      name: `An old list without ${stray}; ${cutOff}'s kubelet has lost the API server`,
      alerts: [
        { key: "configDiffers", nodes: [] },
        { key: "nodeNotInList", nodes: [] },
        { key: "configEntriesSkipped", nodes: [] },
        { key: "targetsUnresolved", nodes: [] },
      ],
      make: async () => {
        const { subsets } = await get<{ subsets: [{ ports: [{ port: number }] }] }>(
          "endpoints",
          "kubernetes",
        );
        await filter(cutOff, `tcp sport ${subsets[0].ports[0].port}`, "input");
        await change((list) =>
          JSON.stringify([
            ...(JSON.parse(list) as { name: string }[]).filter(({ name }) => name !== stray),
            { name: "no-address-of-a-node", ipAddress: "169.254.0.1" },
            { name: "unknown-name", ipAddress: "unknown-name.invalid" },
          ])
        );
      },
      mend: async () => {
        await unfilter(cutOff);
        await scaleSync(1);
      },
    },
    {
      name: "The list has a node without a name",
      alerts: [{ key: "configRefused", nodes: [] }],
      make: () => change(() => '[{"name": "", "ipAddress": "10.0.0.1"}]'),
      mend: () => scaleSync(1),
    },
  ];
}
