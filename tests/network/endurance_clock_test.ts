/** Steps of fping's wall clock, the agent's and the machine's staying as they are. @module */

import assert from "node:assert/strict";
import { needing } from "../needing.ts";
import { sleep } from "./agent_process.ts";
import { clockShimUnavailable, makeClockShim } from "./clock_shim.ts";
import { makeLaboratory, networkTest, nodesAt } from "./laboratory.ts";

const [fast, slow] = ["10.77.0.2", "10.77.0.3"] as const;

/** A smaller step than 250 ms cannot be told from a slow network: it may only bend one time. */
const steps = [
  { milliseconds: 5000, noticed: true },
  { milliseconds: -3000, noticed: true },
  { milliseconds: 100, noticed: false },
  { milliseconds: -100, noticed: false },
] as const;

if (clockShimUnavailable() === undefined) {
  networkTest("steps of fping's clock invent nothing", async (fping) => {
    await Promise.all(steps.map((step) => assertStep(fping, step)));
  }, ["5.1", "5.5"]);
} else {
  Deno.test({
    ...needing("steps of fping's clock invent nothing", clockShimUnavailable()),
    fn: () => {},
  });
}

async function assertStep(
  fping: string,
  { milliseconds, noticed }: typeof steps[number],
): Promise<void> {
  const which = `after a step of ${milliseconds} ms`;
  await using clock = await makeClockShim(fping);
  await using laboratory = await makeLaboratory({
    fping: clock.fping,
    nodes: nodesAt([fast, slow]),
    script: { [slow]: [{ action: { kind: "reply", delaysMs: [700] } }] },
  });
  const { agent } = laboratory;
  const receivedBy = (address: string) => (now: Awaited<ReturnType<typeof agent.samples>>) =>
    now.value("nodeping_probes_received_total", { destination_address: address }) ?? 0;
  await agent.waitFor("probes", (now) => receivedBy(slow)(now) > 2);
  clock.step(milliseconds); // with requests under way, always
  await sleep(1000);
  const atStep = await agent.samples();
  await agent.waitFor(
    "probes again",
    (now) => receivedBy(slow)(now) > receivedBy(slow)(atStep) + 4,
    8000,
  );
  await sleep(2500);
  const samples = await agent.samples();
  for (const destination_address of [fast, slow]) {
    const sent = samples.value("nodeping_probes_sent_total", { destination_address });
    assert.equal(
      sent,
      receivedBy(destination_address)(samples),
      `loss of ${destination_address} ${which}`,
    );
    assert.equal(samples.value("nodeping_duplicates_total", { destination_address }), 0);
  }
  const max = samples.value("nodeping_rtt_max_seconds", { destination_address: slow }) ?? 0;
  const min = samples.value("nodeping_rtt_min_seconds", { destination_address: slow }) ?? 0;
  assert.ok(max < 0.9 && min > 0.55, `times of 700 ms: ${min} to ${max} ${which}`);
  const restarts = samples.sum("nodeping_agent_fping_restarts_total");
  if (noticed) {
    assert.ok(restarts >= 1, which);
    assert.ok(samples.sum("nodeping_agent_clock_steps_total") >= 1, "the step is counted");
  } else {
    // A step back is noticed after all where an answer was under way just then: its time is negative.
    assert.ok(restarts <= 1, which);
    assert.equal(samples.sum("nodeping_agent_clock_steps_total"), restarts, which);
  }
}
