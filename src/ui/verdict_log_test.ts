import assert from "node:assert/strict";
import type { SourceReport } from "../mesh/source_report.ts";
import { makeRandom } from "../../tests/fakes/random.ts";
import { Recorder } from "./recorder.ts";
import { atMostProbability, keyOf, VerdictLog } from "./verdict_log.ts";

type LossOf = (source: string, destination: string, seconds: number) => number;

/** A mesh whose agents count two probes a second, each known a second later, read every 2 s. */
class Simulation {
  readonly log = new VerdictLog();
  readonly #recorder = new Recorder(2000);
  readonly #names: readonly string[];
  readonly #loss: LossOf;
  readonly #answers: (source: string, seconds: number) => boolean;
  readonly #random: () => number;
  readonly #totals = new Map<string, { sent: number; received: number }>();
  seconds = 0;
  /** Titles that held at any reading. */
  readonly named = new Set<string>();

  constructor(
    nodes: number,
    loss: LossOf,
    seed = 1,
    answers: (source: string, seconds: number) => boolean = () => true,
  ) {
    this.#answers = answers;
    this.#names = Array.from({ length: nodes }, (_, node) => `node-${node + 1}`);
    this.#loss = loss;
    this.#random = makeRandom(seed);
  }

  /** Runs up to the time; calls back after each reading. */
  run(seconds: number, each: () => void = () => {}): void {
    for (; this.seconds < seconds; this.seconds += 2) {
      for (let probe = this.seconds - 1; probe < this.seconds + 1; probe += 0.5) this.#probe(probe);
      const answering = this.#names.filter((name) => this.#answers(name, this.seconds));
      const missing = this.#names.filter((name) => !answering.includes(name))
        .map((source) => ({ source, reason: "its agent does not answer" }));
      const reports = answering.map((source): SourceReport => ({
        ...{ source, cordoned: [], measuring: true },
        totals: this.#names.filter((name) => name !== source).map((destination) => ({
          ...{ destination, address: destination, kind: "node" },
          ...this.#totals.get(`${source} ${destination}`) ?? { sent: 0, received: 0 },
        })),
      }));
      const ms = this.seconds * 1000;
      this.#recorder.add({ reports, missing, atMs: ms, monotonicMs: ms });
      if (this.seconds > 0) this.log.update(this.#recorder, ms);
      for (const { title } of this.log.spans) this.named.add(title);
      each();
    }
  }

  #probe(seconds: number): void {
    for (const source of this.#names) {
      for (const destination of this.#names) {
        if (source === destination) continue;
        const key = `${source} ${destination}`;
        const totals = this.#totals.get(key) ?? { sent: 0, received: 0 };
        this.#totals.set(key, totals);
        totals.sent++;
        const loss = this.#loss(source, destination, seconds);
        if (loss === 0 || this.#random() >= loss) totals.received++;
      }
    }
  }

  get titles(): string[] {
    return this.log.current.map(({ verdict }) =>
      `${verdict.kind} ${"nodes" in verdict ? verdict.nodes.join(" ") : ""}`
    );
  }
}

const isLink = (one: string, other: string, source: string, destination: string) =>
  source === one && destination === other || source === other && destination === one;

Deno.test("VerdictLog names a cut link within 6 s, and forgets it within 12 s of the mend", () => {
  // The cut falls anywhere between two readings.
  for (const phase of [0, 0.5, 1, 1.5]) {
    const [cut, mend] = [100 + phase, 140 + phase];
    const simulation = new Simulation(
      12,
      (source, destination, seconds) =>
        isLink("node-2", "node-5", source, destination) && seconds >= cut && seconds < mend ? 1 : 0,
    );
    let [named, gone] = [Infinity, Infinity];
    simulation.run(400, () => {
      const holds = simulation.titles.includes("link node-2 node-5");
      if (holds) [named, gone] = [Math.min(named, simulation.seconds), Infinity];
      else if (gone === Infinity && named < Infinity) gone = simulation.seconds;
    });
    assert.ok(named - cut <= 6, `named after ${named - cut} s`);
    assert.ok(gone - mend <= 10, `gone after ${gone - mend} s`);
    assert.deepEqual([...simulation.named], ["Link node-2 - node-5"]);
    const [span] = simulation.log.spans;
    assert.equal(span?.fromMs, named * 1000);
    assert.equal(span?.toMs, gone * 1000);
  }
});

Deno.test("VerdictLog names nobody in an hour on a healthy mesh, even one that loses now and then", () => {
  for (const [noise, seed] of [[0, 1], [1e-4, 2], [1e-3, 3]] as const) {
    const simulation = new Simulation(12, () => noise, seed);
    simulation.run(3600);
    assert.deepEqual([...simulation.named], [], `noise ${noise}`);
  }
});

Deno.test("VerdictLog names a faint link later, and keeps it while it goes on", () => {
  const simulation = new Simulation(
    12,
    (source, destination) => isLink("node-3", "node-9", source, destination) ? 0.06 : 0,
    7,
  );
  let [named, held, readings] = [Infinity, 0, 0];
  simulation.run(900, () => {
    const holds = simulation.titles.includes("link node-3 node-9");
    if (holds) named = Math.min(named, simulation.seconds);
    if (named === Infinity) return;
    readings++;
    if (holds) held++;
  });
  assert.ok(named <= 120, `named after ${named} s`);
  assert.ok(held / readings > 0.9, `held in ${held} of ${readings} readings`);
  assert.deepEqual([...simulation.named], ["Link node-3 - node-9"]);
});

Deno.test("VerdictLog names a dead node alone, from its begin to its end", () => {
  const simulation = new Simulation(
    12,
    (source, destination, seconds) =>
      [source, destination].includes("node-4") && seconds >= 61 && seconds < 90 ? 1 : 0,
  );
  simulation.run(200);
  assert.deepEqual([...simulation.named], ["Node node-4"]);
  assert.deepEqual(simulation.titles, []);
});

Deno.test("VerdictLog calls a node that is back, and can be read again, no destination at fault", () => {
  for (const seconds of [10, 16, 25, 40]) {
    const isDark = (at: number) => at >= 61 && at < 61 + seconds;
    const simulation = new Simulation(
      12,
      (source, destination, at) => [source, destination].includes("node-4") && isDark(at) ? 1 : 0,
      1,
      (source, at) => source !== "node-4" || !isDark(at),
    );
    let gone = Infinity;
    simulation.run(200, () => {
      if (simulation.titles.length > 0) gone = Infinity;
      else if (gone === Infinity && simulation.named.size > 0) gone = simulation.seconds;
    });
    assert.deepEqual([...simulation.named], ["Node node-4"], `dark for ${seconds} s`);
    assert.ok(gone - 61 - seconds <= 12, `gone ${gone - 61 - seconds} s after`);
  }
});

Deno.test("VerdictLog holds a verdict, and ends it once, while pairs of nodes that left are forgotten", () => {
  const [recorder, log] = [new Recorder(2000), new VerdictLog()];
  const totals = new Map<string, { sent: number; received: number }>();
  const named = (prefix: string) => [1, 2, 3, 4, 5].map((node) => `${prefix}${node}`);
  const isCut = (one: string, other: string, step: number) =>
    step > 880 && step < 940 && isLink("new1", "new2", one, other);
  for (let step = 0; step < 1000; step++) {
    const names = [...(step < 20 ? named("old") : []), ...named("new")];
    const reports = names.map((source): SourceReport => ({
      ...{ source, cordoned: [], measuring: true },
      totals: names.filter((name) => name !== source).map((destination) => {
        const { sent, received } = totals.get(source + destination) ?? { sent: 0, received: 0 };
        const lost = isCut(source, destination, step) ? 4 : 0;
        const total = { sent: sent + 4, received: received + 4 - lost };
        totals.set(source + destination, total);
        return { destination, address: destination, kind: "node", ...total };
      }),
    }));
    const ms = 2000 * step;
    recorder.add({ reports, missing: [], atMs: ms, monotonicMs: ms });
    if (step > 0) log.update(recorder, ms);
  }
  assert.equal(recorder.pairs.length, 20);
  const [span, ...others] = log.spans;
  assert.equal(span?.title, "Link new1 - new2");
  // The pairs of the old nodes go with the last step that has them, 900 readings later: amid the cut.
  assert.equal(span?.toMs, 1_884_000);
  assert.deepEqual(others, []);
});

Deno.test("VerdictLog says nothing of a blip", () => {
  const simulation = new Simulation(
    12,
    (source, _, seconds) => source === "node-4" && seconds >= 61 && seconds < 61.6 ? 1 : 0,
  );
  simulation.run(200);
  assert.deepEqual([...simulation.named], []);
});

Deno.test("keyOf() is the same for black holes between many nodes, whichever these are", () => {
  const key = (...nodes: string[]) =>
    keyOf({
      ...{ kind: "mtu", nodes, bytes: { passes: 1400, lost: 1500 } },
      ...{ loss: 0, evidence: "", next: "" },
    });
  assert.equal(key("n1", "n2", "n3"), key("n1", "n2", "n3", "n4"));
  assert.notEqual(key("n1", "n2"), key("n1", "n3"));
  assert.notEqual(key("n1", "n2"), key("n1", "n2", "n3"));
});

Deno.test("atMostProbability() is that of a binomial", () => {
  assert.equal(atMostProbability(0, 10, 0), 1);
  assert.equal(atMostProbability(3, 10, 1), 0);
  assert.ok(Math.abs(atMostProbability(0, 10, 0.1) - 0.9 ** 10) < 1e-12);
  assert.ok(Math.abs(atMostProbability(2, 4, 0.5) - 11 / 16) < 1e-12);
});
