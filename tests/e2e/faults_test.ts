import assert from "node:assert/strict";
import { agentsOf, allPairs, countsOf, lossBetween } from "./agents.ts";
import type { PairCount } from "./agents.ts";
import { clusterTest, eventually, kubectl, makeFault, pause, withNamespace } from "./cluster.ts";
import { joinNode } from "./joining.ts";
import { deploy, helmDo, releaseName } from "./release.ts";

function lossy(before: readonly PairCount[], after: readonly PairCount[]): string[] {
  return [...lossBetween(before, after)]
    .filter(([, { lost }]) => lost > 0)
    .map(([pair]) => pair)
    .sort();
}

clusterTest(
  "a cut link is loss in both of its pairs, and nowhere else",
  { image: true, faults: true },
  (helm) =>
    withNamespace("cut", [], async (namespace) => {
      await deploy(helm, namespace);
      const agents = await agentsOf(namespace);
      const nodes = agents.map(({ node }) => node).sort();
      await eventually(20, async () =>
        assert.ok(
          (await countsOf(namespace, agents)).every(({ received }) => received > 2),
        ));
      const quiet = await countsOf(namespace, agents);
      await pause(5);
      const healthy = await countsOf(namespace, agents);
      assert.deepEqual(lossy(quiet, healthy), []);

      const [first = "", second = ""] = nodes;
      const number = (node: string) => node.replace(/^node-/, "");
      await makeFault("cut", number(first), number(second));
      try {
        await pause(6);
        const cut = await countsOf(namespace, agents);
        assert.deepEqual(lossy(healthy, cut), allPairs([first, second]));
        for (const pair of allPairs([first, second])) {
          const { sent, lost } = lossBetween(healthy, cut).get(pair)!;
          assert.ok(sent >= 8 && lost >= 7, `${pair}: ${lost} lost of ${sent} in 6 s`);
        }
      } finally {
        await makeFault("heal");
      }
      await pause(3);
      const healed = await countsOf(namespace, agents);
      await pause(5);
      assert.deepEqual(lossy(healed, await countsOf(namespace, agents)), []);
      await helmDo(helm, namespace, "uninstall", releaseName, "--wait");
    }),
);

clusterTest(
  "a rollout shows as loss nowhere",
  { image: true },
  (helm) =>
    withNamespace("rollout", [], async (namespace) => {
      await deploy(helm, namespace);
      const before = await agentsOf(namespace);
      const observed = { readings: 0, losses: [] as string[] };
      const done = new AbortController();
      const watching = watchForLoss(namespace, observed, done.signal);
      await deploy(helm, namespace, { podAnnotations: { rollout: "1" } });
      await kubectl(
        "rollout",
        "status",
        `daemonset/${releaseName}`,
        "-n",
        namespace,
        "--timeout=90s",
      );
      await pause(5);
      done.abort();
      await watching;
      const after = await agentsOf(namespace);
      const kept = after.filter(({ pod }) => before.some((agent) => agent.pod === pod));
      assert.deepEqual(kept, [], "the rollout replaced every agent");
      assert.ok(observed.readings > 10, `${observed.readings} readings`);
      assert.deepEqual(observed.losses, []);
      await helmDo(helm, namespace, "uninstall", releaseName, "--wait");
    }),
);

/** An agent counts from zero: in every reading of every agent, all that was sent was received. */
async function watchForLoss(
  namespace: string,
  observed: { readings: number; losses: string[] },
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    for (const agent of await agentsOf(namespace)) {
      // An agent that starts or ends does not answer; the others must.
      const counts = await countsOf(namespace, [agent]).catch(() => []);
      observed.readings += counts.length;
      for (const { source, destination, sent, received } of counts) {
        if (sent !== received) {
          observed.losses.push(`${source} ${destination}: ${received}/${sent}`);
        }
      }
    }
    await pause(0.3);
  }
}

clusterTest(
  "a node that joins gets an agent, which measures the others",
  { image: true, faults: true },
  (helm) =>
    withNamespace("join", [], async (namespace) => {
      await deploy(helm, namespace);
      const number = await joinNode();
      const name = `node-${number}`;
      try {
        const agent = await eventually(60, async () => {
          const found = (await agentsOf(namespace)).find(({ node, ready }) =>
            node === name && ready
          );
          assert.ok(found, `${name} has no ready agent`);
          return found;
        });
        await eventually(20, async () => {
          const counts = await countsOf(namespace, [agent]);
          assert.ok(counts.length >= 2 && counts.every(({ received }) => received > 0));
        });
        await deploy(helm, namespace);
        await eventually(60, async () => {
          const counts = await countsOf(namespace, await agentsOf(namespace));
          const towards = counts.filter(({ destination }) => destination === name);
          assert.ok(towards.length >= 3 && towards.every(({ received }) => received > 0));
        });
      } finally {
        await makeFault("remove-node", number);
      }
      await helmDo(helm, namespace, "uninstall", releaseName, "--wait");
    }),
);
