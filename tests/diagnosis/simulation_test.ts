import assert from "node:assert/strict";
import { diagnose } from "../../src/diagnosis/diagnose.ts";
import { verdictKinds } from "../../src/diagnosis/report.ts";
import { Random } from "./random.ts";
import { Score } from "./score.ts";
import { drawCluster, measure } from "./simulator.ts";
import type { Spread } from "./simulator.ts";
import { visibilityOf } from "./visibility.ts";

const fullSizes = [3, 3, 4, 5, 5, 8, 12, 20, 30, 50, 80];
const sampledSizes = [20, 40, 60, 100, 150];

function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(text));
}

/** Draws until so many clusters were judged. None, one or two faults, of any kinds. */
function simulate(clusters: number, mesh: "full" | "sampled", spread: Spread = "even"): Score {
  const score = new Score();
  for (let seed = 1; score.judged < clusters; seed++) {
    const random = new Random(seed * 7919);
    const count = random.pick([0, 1, 1, 1, 2, 2]);
    const kinds = Array.from({ length: count }, () => random.pick(verdictKinds));
    const size = random.pick(mesh === "full" ? fullSizes : sampledSizes);
    const degree = mesh === "full" ? "full" : random.pick(size > 60 ? [8, 16, 32] : [6, 10, 16]);
    const cluster = drawCluster(random, size, degree, kinds);
    const visibility = visibilityOf(cluster);
    if (visibility === "ambiguous") score.add(visibility, [], []);
    else {
      const { verdicts } = diagnose(measure(random, cluster, spread)).report;
      score.add(visibility, verdicts, cluster.faults);
    }
  }
  return score;
}

Deno.test("diagnose() is right on 1,000 drawn clusters with full meshes", () => {
  const score = simulate(1000, "full");
  print(score.table("\nfull meshes, 3 to 80 nodes"));
  assert.ok(score.precision() >= 0.98, `precision ${score.precision()}`);
  assert.ok(score.recall() >= 0.97, `recall ${score.recall()}`);
});

Deno.test("diagnose() is right on 400 drawn clusters with sampled meshes", () => {
  const score = simulate(400, "sampled");
  print(score.table("\nsampled meshes, 6 to 32 of 20 to 150 nodes"));
  assert.ok(score.precision() >= 0.98, `precision ${score.precision()}`);
  assert.ok(score.recall() >= 0.97, `recall ${score.recall()}`);
});

Deno.test("diagnose() bears with faults that are uneven from pair to pair", () => {
  const score = simulate(250, "full", "uneven");
  print(score.table("\nuneven faults, full meshes"));
  assert.ok(score.precision() >= 0.9, `precision ${score.precision()}`);
  assert.ok(score.recall() >= 0.9, `recall ${score.recall()}`);
});

Deno.test("diagnose() names nothing on 300 healthy clusters with noise to 0.2 %", () => {
  for (let seed = 1; seed <= 300; seed++) {
    const random = new Random(seed * 104_729);
    const size = random.pick([3, 5, 10, 40]);
    const mesh = measure(random, drawCluster(random, size, "full", []));
    assert.deepEqual(diagnose(mesh).report.verdicts, [], `seed ${seed}`);
  }
});

Deno.test("diagnose() reads a mesh of 1,000 x 1,000 pairs in less than 5 s", () => {
  const random = new Random(7);
  const cluster = drawCluster(random, 1000, "full", ["node", "link", "source"]);
  const mesh = measure(random, cluster);
  const start = performance.now();
  const { report } = diagnose(mesh);
  const seconds = (performance.now() - start) / 1000;
  print(`\n${report.pairs} pairs of 1,000 nodes, three faults: ${seconds.toFixed(2)} s\n`);
  const score = new Score();
  score.add("visible", report.verdicts, cluster.faults);
  assert.equal(score.precision(), 1);
  assert.equal(score.recall(), 1);
  assert.ok(seconds < 5, `${seconds} s`);
});
