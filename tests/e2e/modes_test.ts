import assert from "node:assert/strict";
import { agentsOf, allPairs, countsOf, metricsOf } from "./agents.ts";
import { clusterTest, eventually, pause, withNamespace } from "./cluster.ts";
import { baseValues, deploy, helmDo, releaseName, tryDeploy } from "./release.ts";

const modes = [
  { mode: "host", level: "privileged" },
  { mode: "host-ping", level: "privileged" },
  { mode: "restricted", level: "restricted" },
] as const;

for (const { mode, level } of modes) {
  clusterTest(
    `mode ${mode} measures in a namespace that enforces ${level}`,
    { image: true },
    (helm) =>
      withNamespace(
        mode,
        [`pod-security.kubernetes.io/enforce=${level}`],
        async (namespace) => {
          await deploy(helm, namespace, { mode });
          const agents = await agentsOf(namespace);
          const nodes = agents.map(({ node }) => node);
          await eventually(20, async () => {
            const counts = await countsOf(namespace, agents);
            assert.deepEqual(
              counts.filter(({ received }) => received > 4)
                .map(({ source, destination }) => `${source} ${destination}`).sort(),
              allPairs(nodes),
            );
          });
          for (const agent of agents) {
            assert.match(await metricsOf(namespace, agent), /^nodeping_agent_measuring\{.*\} 1$/m);
          }
          const counts = await countsOf(namespace, agents);
          assert.deepEqual(counts.filter(({ sent, received }) => sent !== received), []);
          await helmDo(helm, namespace, "uninstall", releaseName, "--wait");
        },
      ),
  );
}

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
