import assert from "node:assert/strict";
import { agentsOf, allPairs, countsOf, metricsOf } from "./agents.ts";
import type { Agent } from "./agents.ts";
import { clusterTest, eventually, kubectl, makeFault, pause, withNamespace } from "./cluster.ts";
import { baseValues, deploy, helmDo, releaseName, tryDeploy } from "./release.ts";

async function assertMeasures(namespace: string, agents: readonly Agent[]): Promise<void> {
  await eventually(20, async () => {
    const counts = await countsOf(namespace, agents);
    const answered = counts.filter(({ received }) => received > 4);
    assert.deepEqual(
      answered.map(({ source, destination }) => `${source} ${destination}`).sort(),
      allPairs(agents.map(({ node }) => node)),
    );
    assert.deepEqual(counts.filter(({ sent, received }) => sent !== received), []);
  });
  for (const agent of agents) {
    assert.match(await metricsOf(namespace, agent), /^nodeping_agent_measuring\{.*\} 1$/m);
  }
}

const modes = [{ mode: "host", level: "privileged" }, { mode: "restricted", level: "restricted" }];

for (const { mode, level } of modes) {
  clusterTest(
    `mode ${mode} measures where Pod Security is ${level}`,
    { image: true },
    (helm) =>
      withNamespace(mode, [`pod-security.kubernetes.io/enforce=${level}`], async (namespace) => {
        await deploy(helm, namespace, { mode });
        await assertMeasures(namespace, await agentsOf(namespace));
        await helmDo(helm, namespace, "uninstall", releaseName, "--wait");
      }),
  );
}

/** The kernel's default: no group. systemd's, which most nodes have: every group. */
const pingGroups = { none: "1 0", all: "0 2147483647" };

async function setPingGroups(nodes: readonly string[], range: string): Promise<void> {
  for (const node of nodes) {
    const number = node.replace(/^node-/, "");
    await makeFault("on-node", number, "sysctl", "-q", "-w", `net.ipv4.ping_group_range=${range}`);
  }
}

async function assertSaysWhatItLacks(namespace: string, agents: readonly Agent[]): Promise<void> {
  for (const agent of agents) {
    assert.match(await metricsOf(namespace, agent), /^nodeping_agent_measuring\{.*\} 0$/m);
    const log = await kubectl("logs", agent.pod, "-n", namespace);
    assert.match(log, /Cannot measure[^\n]*net\.ipv4\.ping_group_range/);
  }
}

clusterTest(
  "mode host-ping says what it lacks, invents no loss, and measures once it is allowed",
  { image: true, faults: true },
  (helm) =>
    withNamespace("host-ping", [], async (namespace) => {
      const nodes = (await kubectl("get", "nodes", "-o", "name")).trim().split("\n")
        .map((name) => name.replace(/^node\//, ""));
      await setPingGroups(nodes, pingGroups.none);
      try {
        await tryDeploy(helm, namespace, { ...baseValues(), mode: "host-ping" });
        const agents = await eventually(30, async () => {
          const found = await agentsOf(namespace);
          assert.equal(found.length, nodes.length);
          await assertSaysWhatItLacks(namespace, found);
          return found;
        });
        await pause(3);
        const counts = await countsOf(namespace, agents);
        assert.deepEqual(counts.filter(({ sent }) => sent > 0), []);
        assert.ok((await agentsOf(namespace)).every(({ ready }) => !ready));
        await setPingGroups(nodes, pingGroups.all);
        await eventually(60, () => assertMeasures(namespace, agents));
        await eventually(20, async () => {
          assert.ok((await agentsOf(namespace)).every(({ ready }) => ready));
        });
      } finally {
        await setPingGroups(nodes, pingGroups.none);
      }
      await helmDo(helm, namespace, "uninstall", releaseName, "--wait");
    }),
);

clusterTest(
  "two releases on the same nodes both measure",
  { image: true },
  (helm) =>
    withNamespace("two-a", [], (first) =>
      withNamespace("two-b", [], async (second) => {
        await deploy(helm, first);
        const other = {
          ...baseValues(),
          fullnameOverride: "nodeping-e2e-2",
          port: 20928,
          textfile: { enabled: false },
        };
        const result = await tryDeploy(helm, second, other, ["--wait"]);
        assert.equal(result.code, 0, result.stderr);
        await pause(3);
        for (const [namespace, port] of [[first, 20927], [second, 20928]] as const) {
          const agents = await agentsOf(namespace);
          const counts = await countsOf(namespace, agents, port);
          assert.equal(counts.length, agents.length * (agents.length - 1));
          assert.ok(counts.every(({ sent, received }) => received > 0 && sent === received));
        }
        await helmDo(helm, first, "uninstall", releaseName, "--wait");
        await helmDo(helm, second, "uninstall", releaseName, "--wait");
      })),
);
