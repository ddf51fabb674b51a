/** A new node list is applied within 2 s, and what stays loses nothing. @module */

import assert from "node:assert/strict";
import type { Samples } from "../exposition.ts";
import { sleep } from "./agent_process.ts";
import { makeLaboratory, networkTest, nodesAt } from "./laboratory.ts";
import type { Laboratory } from "./laboratory.ts";

const [stays, goes, comes, later] = ["10.77.0.2", "10.77.0.3", "10.77.0.4", "10.77.0.5"] as const;

/** In force within 2 s, then in the next textfile, written every second. */
const inForceMs = 2000;
const inFileMs = inForceMs + 1500;

networkTest(
  "a changed list is applied within 2 s and no probe of what stays is lost",
  async (fping) => {
    await using laboratory = await makeLaboratory({ fping, nodes: nodesAt([stays, goes]) });
    const { agent, volume } = laboratory;
    await agent.waitFor("probes", (now) => count(now, "sent", stays) >= 2);
    const watch = watchCounters(laboratory);

    await volume.swap(nodesAt([stays, comes]));
    await assertChange(laboratory, { came: comes, went: goes });
    await sleep(1000);
    await volume.write(nodesAt([stays, later]));
    await assertChange(laboratory, { came: later, went: comes });
    await sleep(2500);

    await watch.stop();
    const samples = await agent.samples();
    const { requests } = (await laboratory.responder.records()).of(stays);
    assert.equal(
      count(samples, "sent", stays),
      count(samples, "received", stays),
      "no loss invented",
    );
    const gaps = requests.slice(1).map(({ atMs }, index) => atMs - (requests[index]?.atMs ?? 0));
    assert.ok(Math.max(...gaps) < 600, `gap of ${Math.max(...gaps)} ms`);
    const writtenMs = 1000 * (samples.value("nodeping_agent_last_write_timestamp_seconds") ?? 0);
    const settled = requests.filter(({ atMs }) => atMs < writtenMs - 500).length;
    assert.ok(count(samples, "sent", stays) >= settled - 2, "no count is lost");
    assert.ok(count(samples, "sent", stays) <= requests.length, "nothing is counted twice");
    assert.equal(samples.sum("nodeping_agent_fping_restarts_total"), 0, "a change is no restart");
    assert.ok(agent.fpings().length === 1, "the process before is gone");
  },
  ["5.1", "5.5"],
);

networkTest("a broken list is reported and changes nothing", async (fping) => {
  await using laboratory = await makeLaboratory({ fping, nodes: nodesAt([stays, goes]) });
  const { agent, volume } = laboratory;
  const before = await agent.waitFor("probes", (now) => count(now, "sent", stays) >= 2);
  const pids = agent.fpings();
  const brokenLists = [
    '[{"name": "n-1", "ipAddr',
    [{ name: "n-1", ipAddress: "10.0.0.300" }, { name: "", ipAddress: "10.0.0.1" }],
    { nodes: [] },
  ];
  for (const broken of brokenLists) {
    await volume.swap(broken);
    const refused = "nodeping_agent_config_last_reload_success";
    await agent.waitFor("refusal", (now) => now.value(refused) === 0, inFileMs);
    await volume.swap(nodesAt([stays, goes]));
    await agent.waitFor("recovery", (now) => now.value(refused) === 1, inFileMs);
  }
  await agent.waitForLog(/10\.0\.0\.300/);
  assert.deepEqual(agent.fpings(), pids, "fping was left alone");
  const after = await agent.samples();
  for (const address of [stays, goes]) {
    assert.ok(count(after, "sent", address) > count(before, "sent", address));
    assert.equal(count(after, "sent", address), count(after, "received", address));
  }
});

function count(samples: Samples, what: "sent" | "received", destination_address: string): number {
  return samples.value(`nodeping_probes_${what}_total`, { destination_address }) ?? -1;
}

async function assertChange(
  { agent, responder }: Laboratory,
  { came, went }: { readonly came: string; readonly went: string },
): Promise<void> {
  const changedMs = performance.timeOrigin + performance.now();
  await agent.waitFor(
    `${came} in place of ${went}`,
    (now) => count(now, "sent", came) >= 0 && count(now, "sent", went) === -1,
    inFileMs,
  );
  await agent.waitFor(`probes of ${came}`, (now) => count(now, "received", came) > 0);
  const firstMs = (await responder.records()).of(came).requests[0]?.atMs ?? Infinity;
  assert.ok(firstMs - changedMs < inForceMs, `probed after ${firstMs - changedMs} ms`);
}

/** Checks all the while that no counter of the destination that stays goes back or disappears. */
function watchCounters({ agent }: Laboratory): { readonly stop: () => Promise<void> } {
  let stopped = false;
  const watching = (async () => {
    let last = 0;
    while (!stopped) {
      const now = count(await agent.samples(), "sent", stays);
      assert.ok(now >= last, `the counter went from ${last} to ${now}`);
      last = now;
      await sleep(100);
    }
  })();
  return {
    stop: async () => {
      stopped = true;
      await watching;
    },
  };
}
