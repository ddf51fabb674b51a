import assert from "node:assert/strict";
import { PathMtu } from "./path_mtu.ts";
import type { PathMtuHints } from "./path_mtu.ts";
import type { PathMtuProbe, PathMtuResult } from "./path_mtu_search.ts";
import { makeRandom } from "../../tests/fakes/random.ts";

/** A path as it is now; whatever is absent is as on a healthy Ethernet. */
interface Path {
  /** MTU of the source's own interface. */
  readonly ownMtu?: number;
  /** The smallest MTU behind it. */
  readonly mtu?: number;
  /** Whether a router says "fragmentation needed" where a packet is too large. */
  readonly discovery?: boolean;
  /** Share of all packets that is lost. */
  readonly loss?: number;
  /** Share of the packets of more than `largeBytes` that is lost. */
  readonly largeLoss?: number;
  readonly largeBytes?: number;
}

const intervalMs = 10_000;
const stepMs = 400;
const kernelForgetsMs = 600_000;
const noHints = (): PathMtuHints => ({ limits: [], sizes: [] });

/**
 * Drives a PathMtu over a simulated path, in rounds of ten seconds with two small probes a second.
 */
class Simulation {
  readonly state: PathMtu;
  /** All packets of the last round that left the source. */
  sentBytes: number[] = [];
  /** How long the last round took. */
  roundMs = 0;
  nowMs = 0;
  claims = 0;
  readonly #random: () => number;
  #small = { sent: 0, received: 0 };
  #cached: { readonly mtu: number; readonly untilMs: number } | undefined;

  constructor(seed = 1, family: 4 | 6 = 4) {
    this.state = new PathMtu(family, 84);
    this.#random = makeRandom(seed);
  }

  round(path: Path, hints = noHints): void {
    this.#probeSmall(path, intervalMs);
    this.nowMs += intervalMs;
    this.sentBytes = [];
    const startMs = this.nowMs;
    this.state.begin(this.#small);
    for (let steps = 0;; steps++) {
      const probes = this.state.next(hints);
      if (probes.length === 0) break;
      assert.ok(steps < 60, `no end of steps: ${JSON.stringify(probes)}`);
      assert.ok(probes.length <= 8, `too many sizes in a step: ${JSON.stringify(probes)}`);
      const results = probes.map((probe) => this.#send(path, probe));
      this.nowMs += stepMs;
      this.#probeSmall(path, stepMs);
      const claimed = this.state.blackHole !== undefined;
      this.state.record(results, this.#small, this.nowMs, hints);
      if (!claimed && this.state.blackHole !== undefined) this.claims++;
    }
    this.roundMs = this.nowMs - startMs;
  }

  rounds(count: number, path: Path): void {
    for (let i = 0; i < count; i++) this.round(path);
  }

  /** Another node takes the address over: its small probes are counted from 0. */
  replaceNode(): void {
    this.#small = { sent: 0, received: 0 };
  }

  #probeSmall({ loss = 0 }: Path, ms: number): void {
    for (let i = 0; i < ms / 500; i++) {
      const received = this.#small.received + Number(this.#random() >= loss);
      this.#small = { sent: this.#small.sent + 1, received };
    }
  }

  #send(path: Path, { packetBytes, count }: PathMtuProbe): PathMtuResult {
    const { ownMtu = 1500, mtu = 9000, discovery = false, loss = 0 } = path;
    const { largeLoss = 0, largeBytes = 1000 } = path;
    const result = { packetBytes, answered: 0, lost: 0, refused: 0 };
    for (let i = 0; i < count; i++) {
      if (this.#cached !== undefined && this.#cached.untilMs <= this.nowMs) {
        this.#cached = undefined;
      }
      if (packetBytes > Math.min(ownMtu, this.#cached?.mtu ?? Infinity)) {
        result.refused++;
        continue;
      }
      this.sentBytes.push(packetBytes);
      const isTooLarge = packetBytes > mtu;
      if (isTooLarge && discovery) {
        this.#cached = { mtu, untilMs: this.nowMs + kernelForgetsMs };
      }
      const isLost = isTooLarge || this.#random() < loss ||
        (packetBytes > largeBytes && this.#random() < largeLoss);
      if (isLost) result.lost++;
      else result.answered++;
    }
    return result;
  }
}

Deno.test("PathMtu knows the MTU of a healthy path after one round, and then sends one packet a round", () => {
  for (const ownMtu of [1280, 1400, 1450, 1500, 4000, 8950, 9000]) {
    for (const family of [4, 6] as const) {
      const simulation = new Simulation(1, family);
      simulation.round({ ownMtu });
      assert.equal(simulation.state.bytes, ownMtu);
      assert.ok(simulation.sentBytes.length <= 20, `${simulation.sentBytes}`);
      for (let i = 0; i < 50; i++) {
        simulation.round({ ownMtu });
        assert.deepEqual(simulation.sentBytes, [ownMtu]);
      }
      assert.equal(simulation.state.bytes, ownMtu);
      assert.equal(simulation.claims, 0);
    }
  }
});

Deno.test("PathMtu follows the own interface at once when it shrinks, and within six rounds when it grows", () => {
  const simulation = new Simulation();
  simulation.rounds(3, {});
  simulation.round({ ownMtu: 1400 });
  assert.equal(simulation.state.bytes, 1400);
  simulation.rounds(6, { ownMtu: 9000 });
  assert.equal(simulation.state.bytes, 9000);
  assert.equal(simulation.claims, 0);
});

Deno.test("PathMtu takes a smaller path with discovery for no black hole, also when the kernel forgets it", () => {
  for (const mtu of [1280, 1400, 1492]) {
    const simulation = new Simulation();
    simulation.rounds(5, {});
    simulation.rounds(3, { mtu, discovery: true });
    assert.equal(simulation.state.bytes, mtu);
    for (let i = 0; i < 300; i++) {
      simulation.round({ mtu, discovery: true });
      assert.equal(simulation.state.bytes, mtu);
    }
    simulation.rounds(66, { discovery: true });
    assert.equal(simulation.state.bytes, 1500, "the kernel forgets within 600 s");
    assert.equal(simulation.claims, 0);
  }
});

Deno.test("PathMtu claims a black hole after three rounds and at most ten seconds, right to the byte", () => {
  const paths = [1280, 1281, 1400, 1428, 1450, 1491, 1499].map((mtu) => ({ ownMtu: 1500, mtu }))
    .concat([1280, 1500, 4000, 8950, 8999].map((mtu) => ({ ownMtu: 9000, mtu })));
  for (const path of paths) {
    const simulation = new Simulation();
    simulation.rounds(20, { ownMtu: path.ownMtu });
    simulation.rounds(2, path);
    assert.equal(simulation.state.bytes, path.ownMtu);
    simulation.round(path);
    const { bytes = 0, blackHole } = simulation.state;
    assert.ok(blackHole !== undefined, `no black hole at ${JSON.stringify(path)}`);
    assert.equal(bytes, path.mtu);
    assert.ok(simulation.roundMs <= 10_000, `${simulation.roundMs} ms`);
    simulation.rounds(100, path);
    assert.equal(simulation.state.bytes, bytes);
    assert.ok(simulation.sentBytes.length <= 3);
    simulation.round({ ownMtu: path.ownMtu });
    assert.equal(simulation.state.blackHole, undefined, "a mended path");
    assert.equal(simulation.state.bytes, path.ownMtu);
  }
});

Deno.test("PathMtu claims a black hole that is there from the start", () => {
  const simulation = new Simulation();
  simulation.rounds(3, { mtu: 1400 });
  assert.ok(simulation.state.blackHole !== undefined);
});

Deno.test("PathMtu follows a black hole that grows, shrinks, or gets discovery", () => {
  const simulation = new Simulation();
  simulation.rounds(20, {});
  const near = (mtu: number) => {
    assert.equal(simulation.state.blackHole?.passes, mtu);
  };
  for (const mtu of [1400, 1480, 1300, 1450]) {
    simulation.rounds(3, { mtu });
    near(mtu);
  }
  simulation.rounds(3, { mtu: 1450, discovery: true });
  assert.equal(simulation.state.blackHole, undefined);
  assert.equal(simulation.state.bytes, 1450);
  assert.equal(simulation.claims, 1);
});

Deno.test("PathMtu says nothing of a dead target, and forgets a black hole of one that dies", () => {
  const simulation = new Simulation();
  simulation.rounds(5, { loss: 1 });
  assert.equal(simulation.state.bytes, undefined);
  assert.deepEqual(simulation.sentBytes, []);
  simulation.rounds(4, {});
  assert.equal(simulation.state.bytes, 1500);
  simulation.rounds(4, { mtu: 1400 });
  assert.ok(simulation.state.blackHole !== undefined);
  simulation.rounds(2, { loss: 1 });
  assert.equal(simulation.state.bytes, undefined);
  assert.equal(simulation.state.blackHole, undefined);
  assert.equal(simulation.claims, 1);
});

Deno.test("PathMtu invents no black hole in 40 hours of paths that lose 1 % to 60 % of everything", () => {
  let seed = 0;
  for (const loss of [0.01, 0.1, 0.3, 0.45, 0.6]) {
    for (let hour = 0; hour < 8; hour++) {
      const simulation = new Simulation(++seed);
      simulation.rounds(360, { loss });
      assert.equal(simulation.claims, 0, `${loss} lost, seed ${seed}`);
      if (loss <= 0.3) assert.equal(simulation.state.bytes, 1500);
    }
  }
});

Deno.test("PathMtu finds a black hole on a path that loses 30 % of everything", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const simulation = new Simulation(seed);
    simulation.rounds(30, { loss: 0.3 });
    simulation.rounds(9, { loss: 0.3, mtu: 1400 });
    const { bytes = 0, blackHole } = simulation.state;
    assert.ok(blackHole !== undefined, `seed ${seed}`);
    assert.ok(bytes <= 1400 && bytes > 1392, `${bytes}, seed ${seed}`);
    simulation.rounds(6, { loss: 0.3 });
    assert.equal(simulation.state.blackHole, undefined);
  }
});

Deno.test("PathMtu calls a device that drops a share of large packets no black hole", () => {
  for (const largeLoss of [0.2, 0.5, 0.7]) {
    for (const largeBytes of [1000, 1399]) {
      for (let seed = 1; seed <= 5; seed++) {
        const simulation = new Simulation(seed);
        simulation.rounds(60, {});
        simulation.rounds(360, { largeLoss, largeBytes });
        assert.equal(simulation.claims, 0, `${largeLoss} lost above ${largeBytes}, seed ${seed}`);
      }
    }
  }
});

Deno.test("PathMtu calls a device that drops all large ICMP, from below every MTU, no black hole", () => {
  const simulation = new Simulation();
  simulation.rounds(10, {});
  simulation.rounds(30, { largeLoss: 1, largeBytes: 1024 });
  assert.equal(simulation.claims, 0);
  assert.equal(simulation.state.bytes, 84);
  simulation.round({});
  assert.equal(simulation.state.bytes, 1500);
});

Deno.test("PathMtu takes an outage of everything for no black hole, whatever its length", () => {
  const simulation = new Simulation(3);
  for (let seconds = 10; seconds <= 120; seconds += 10) {
    simulation.rounds(3, {});
    simulation.rounds(seconds / 10, { loss: 1 });
  }
  simulation.rounds(2, {});
  assert.equal(simulation.claims, 0);
  assert.equal(simulation.state.bytes, 1500);
});

Deno.test("PathMtu is not blind to the node that takes over the address of another", () => {
  for (const loss of [0, 1]) {
    const simulation = new Simulation();
    simulation.rounds(100, {});
    simulation.rounds(3, { loss });
    simulation.replaceNode();
    simulation.rounds(8, { mtu: 1400 });
    assert.equal(simulation.state.blackHole?.passes, 1400, `the old one lost ${loss}`);
  }
});

Deno.test("PathMtu takes a firewall that refuses every size for no limit", () => {
  const state = new PathMtu(4, 84);
  const small = { sent: 20, received: 20 };
  state.begin({ sent: 0, received: 0 });
  for (let steps = 0;; steps++) {
    const probes = state.next(noHints);
    if (probes.length === 0) break;
    assert.ok(steps < 20);
    const refused = probes.map(({ packetBytes, count }) => ({
      ...{ packetBytes, answered: 0, lost: 0, refused: count },
    }));
    state.record(refused, small, 0, noHints);
  }
  assert.equal(state.bytes, undefined);
  assert.equal(state.blackHole, undefined);
});
