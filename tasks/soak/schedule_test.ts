import assert from "node:assert/strict";
import { planSchedule, slotSeconds, stepCount } from "./schedule.ts";
import type { PlannedStep } from "./schedule.ts";

const nodes = Array.from({ length: 12 }, (_, index) => `node-${index + 1}`);

function plan(seed: number, durationSeconds: number, found = nodes): readonly PlannedStep[] {
  return planSchedule({ nodes: found, spares: ["new-1", "new-2"], durationSeconds, seed });
}

Deno.test("planSchedule() plans the same for the same seed, and something else for another", () => {
  assert.deepEqual(plan(1, 600), plan(1, 600));
  assert.notDeepEqual(plan(1, 600), plan(2, 600));
});

Deno.test("planSchedule() has every kind in ten minutes, begins and ends quietly, in even slots", () => {
  for (let seed = 0; seed < 50; seed++) {
    const steps = plan(seed, 600);
    assert.equal(steps.length, stepCount(600));
    assert.deepEqual(steps.map(({ atSeconds }) => atSeconds), steps.map((_, i) => i * slotSeconds));
    const kinds = steps.map(({ step }) => step.kind);
    const quiet = kinds.map((kind, index) => kind === "quiet" ? index : -1).filter((i) => i >= 0);
    assert.deepEqual(quiet, [0, kinds.length - 1]);
    assert.equal(new Set(kinds).size, 9);
  }
});

Deno.test("planSchedule() takes only nodes that are there at that time", () => {
  for (let seed = 0; seed < 50; seed++) {
    const present = new Set(nodes);
    for (const { step } of plan(seed, 3600)) {
      if (step.kind === "join") present.add(step.node);
      else if (step.kind !== "quiet") {
        const chosen = "node" in step ? [step.node] : step.nodes;
        assert.equal(new Set(chosen).size, chosen.length);
        for (const node of chosen) assert.ok(present.has(node), `${step.kind} of ${node}`);
      }
      if (step.kind === "leave") present.delete(step.node);
    }
  }
});

Deno.test("planSchedule() keeps at least three nodes, and lets none join without a name", () => {
  for (let seed = 0; seed < 50; seed++) {
    const kinds = plan(seed, 3600, nodes.slice(0, 3)).map(({ step }) => step.kind);
    const joins = kinds.filter((kind) => kind === "join").length;
    assert.equal(joins, 2);
    assert.ok(kinds.filter((kind) => kind === "leave").length <= 2);
  }
});
