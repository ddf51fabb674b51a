/** The model of faults: which causes are possible, what each explains, and what they explain together. @module */

import { binomial, SharedLoss, unexplained } from "./likelihood.ts";
import type { Observations } from "./observations.ts";

/** Something that can lose probes. Nodes and zones are indexes into the observations. */
export type Candidate =
  | { readonly kind: "node" | "source" | "destination"; readonly node: number }
  | { readonly kind: "link"; readonly a: number; readonly b: number; readonly oneWay: boolean }
  | { readonly kind: "zone-pair"; readonly a: number; readonly b: number }
  | { readonly kind: "mesh" };

/** A candidate, and all that the search needs to know of it. */
export interface Suspect {
  /** What might explain the losses. */
  readonly candidate: Candidate;
  /** The same for the same candidate. */
  readonly key: string;
  /** The pairs within its reach, ascending. */
  readonly pairs: Int32Array;
  /** Cost of naming it, in nats. */
  readonly penalty: number;
}

/**
 * Cost of naming any cause: about one false one of a kind in e^7 = 1,100 healthy meshes; to it
 * comes ln of the number of candidates of the kind, since the best of many is looked for.
 */
const causeNats = 7;

/** A network loses round trips: one pair of two nodes alone is a rare fault. */
const oneWayNats = 4;

/** Every candidate but the links. */
export function broadSuspects(seen: Observations): readonly Suspect[] {
  return [...nodeSuspects(seen), ...zoneSuspects(seen), ...meshSuspect(seen)];
}

function nodeSuspects(seen: Observations): Suspect[] {
  const penalty = causeNats + Math.log(seen.nodes.length);
  return seen.nodes.flatMap((_, node) => {
    const row = range(seen.rowStart[node] ?? 0, seen.rowStart[node + 1] ?? 0);
    const column = seen.columns[node] ?? [];
    const suspects: Suspect[] = [];
    const suspect = (kind: "node" | "source" | "destination", pairs: ArrayLike<number>) =>
      suspects.push({
        candidate: { kind, node },
        key: `${kind} ${node}`,
        pairs: Int32Array.from(pairs),
        penalty,
      });
    const peers = new Set([
      ...row.map((pair) => seen.destination[pair]),
      ...column.map((pair) => seen.source[pair]),
    ]);
    const missingRow = row.length === 0;
    if (column.length > 0 && (peers.size > 1 || missingRow && seen.silent[node])) {
      suspect("node", Int32Array.from([...row, ...column]).sort());
    }
    if (row.length > 1) suspect("source", row);
    // One witness is enough where the other direction does well: a network loses round trips.
    const answered = column.some((pair) => (seen.reverse[pair] ?? -1) >= 0);
    if (!missingRow && (column.length > 1 || answered)) suspect("destination", column);
    return suspects;
  });
}

function zoneSuspects(seen: Observations): Suspect[] {
  const { zones, zoneOf } = seen;
  const pairsOf = new Map<number, number[]>();
  seen.source.forEach((from, pair) => {
    const one = zoneOf[from] ?? -1;
    const other = zoneOf[seen.destination[pair] ?? -1] ?? -1;
    if (one < 0 || other < 0) return;
    const key = Math.min(one, other) * zones.length + Math.max(one, other);
    const pairs = pairsOf.get(key);
    if (pairs) pairs.push(pair);
    else pairsOf.set(key, [pair]);
  });
  const penalty = causeNats + Math.log(Math.max(1, pairsOf.size));
  return [...pairsOf].flatMap(([key, pairs]) => {
    const a = Math.floor(key / zones.length);
    const b = key % zones.length;
    if (isOneLink(seen, pairs) || isOneNode(seen, pairs)) return [];
    return [{
      candidate: { kind: "zone-pair", a, b },
      key: `zones ${a} ${b}`,
      pairs: Int32Array.from(pairs),
      penalty,
    }];
  });
}

function isOneLink(seen: Observations, pairs: readonly number[]): boolean {
  return pairs.length === 1 || pairs.length === 2 && seen.reverse[pairs[0] ?? 0] === pairs[1];
}

/** Whether the pairs are just those of one node: then the node is to blame, not its zone. */
function isOneNode(seen: Observations, pairs: readonly number[]): boolean {
  const first = pairs[0] ?? 0;
  return [seen.source[first] ?? 0, seen.destination[first] ?? 0].some((node) => {
    const row = (seen.rowStart[node + 1] ?? 0) - (seen.rowStart[node] ?? 0);
    return row + (seen.columns[node]?.length ?? 0) === pairs.length &&
      pairs.every((pair) => seen.source[pair] === node || seen.destination[pair] === node);
  });
}

/** All pairs at once; of a mesh of one zone, that zone's inside says the same. */
function meshSuspect(seen: Observations): Suspect[] {
  const one = seen.zones.length === 1 && !seen.zoneOf.includes(-1);
  if (seen.nodes.length < 3 || one) return [];
  const pairs = Int32Array.from(seen.source, (_, pair) => pair);
  return [{ candidate: { kind: "mesh" }, key: "mesh", pairs, penalty: causeNats }];
}

/** The link that the pair belongs to; one way only where that is asked for. */
export function linkSuspect(seen: Observations, pair: number, oneWay: boolean): Suspect {
  const from = seen.source[pair] ?? 0;
  const to = seen.destination[pair] ?? 0;
  const back = seen.reverse[pair] ?? -1;
  const pairs = oneWay || back < 0 ? [pair] : [Math.min(pair, back), Math.max(pair, back)];
  const [a, b] = oneWay ? [from, to] : [Math.min(from, to), Math.max(from, to)];
  return {
    candidate: { kind: "link", a, b, oneWay },
    key: `link ${a} ${b}${oneWay ? " one way" : ""}`,
    pairs: Int32Array.from(pairs),
    penalty: linkPenalty(seen, oneWay),
  };
}

/** Cost of naming a link, in nats. */
export function linkPenalty(seen: Observations, oneWay: boolean): number {
  const measured = Math.max(1, seen.source.length / 2);
  return causeNats + Math.log(measured) + (oneWay ? oneWayNats + Math.LN2 : 0);
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, offset) => from + offset);
}

/** A suspect that is to blame, with the part of the probes that it loses. */
export interface Cause {
  /** What is blamed. */
  readonly suspect: Suspect;
  /** Share of probes it takes, 0 to 1. */
  readonly loss: number;
}

/** A pair within a cause's reach is spared by it with this probability: some always are. */
const sparedPart = 0.02;
/** Cost, in nats, of a cause that spares a pair within its reach. */
export const sparedNats: number = Math.log(sparedPart);
/** Cost, in nats, of a cause that touches a pair within its reach. */
export const touchedNats: number = Math.log1p(-sparedPart);

/** One way in which causes act on a pair. */
export interface Way {
  /** Log-probability of this way. */
  readonly nats: number;
  /** Part of the probes that survives the noise and the causes that touch the pair. */
  readonly survives: number;
  /** Losses under those causes; undefined when none touches the pair, which leaves noise. */
  readonly shared: SharedLoss | undefined;
}

/** The causes within whose reach a pair is, and all their ways. One for all pairs alike. */
export interface Influence {
  /** Every cause that reaches the pair. */
  readonly causes: readonly Cause[];
  /** Every way in which they touch or spare it. */
  readonly ways: readonly Way[];
}

/** All subsets of up to three causes; of more: all of them, all but one, and none. */
export function influenceOf(causes: readonly Cause[], noise: number): Influence {
  const subsets = causes.length > 3
    ? [causes, ...causes.map((one) => causes.filter((other) => other !== one)), []]
    : causes.reduce<readonly (readonly Cause[])[]>(
      (found, cause) => found.flatMap((subset) => [[...subset, cause], subset]),
      [[]],
    );
  return { causes, ways: subsets.map((touching) => wayOf(touching, causes.length, noise)) };
}

function wayOf(touching: readonly Cause[], among: number, noise: number): Way {
  const survives = touching.reduce((part, { loss }) => part * (1 - loss), 1 - noise);
  return {
    nats: touchedNats * touching.length + sparedNats * (among - touching.length),
    survives,
    shared: touching.length === 0 ? undefined : new SharedLoss(1 - survives),
  };
}

/** The smallest loss that is called a fault: below, a cause is no better than noise. */
export const smallestFault = 0.005;

/** Nats that a silent agent speaks for its node being down, beside the losses. */
const silenceNats = 3.9;

/** A silent agent is explained by a node that loses at least this. */
const silencingLoss = 0.5;

/** The causes found so far. Changes in place; {@linkcode Explanation.restore} goes back. */
export class Explanation {
  /** What is explained. */
  readonly seen: Observations;
  /** The level of noise. */
  readonly noise: number;
  /** Per pair: log-likelihood under the causes. */
  readonly current: Float64Array;
  /** Per pair: the most that one more cause could improve it, or must worsen it. */
  readonly excess: Float64Array;
  /** Per pair: log-likelihood without any cause. */
  readonly #unexplained: Float64Array;
  readonly #influences: Influence[];
  #causes: readonly Cause[] = [];
  /** Log-likelihood of all pairs, above what it is without any cause. */
  #gained = 0;

  /** Starts with no cause: all loss is noise, at that share. */
  constructor(seen: Observations, noise: number) {
    this.seen = seen;
    this.noise = noise;
    const { sent, lost } = seen;
    this.#unexplained = sent.map((n, pair) => unexplained(lost[pair] ?? 0, n, noise));
    this.current = this.#unexplained.slice();
    this.excess = this.current.map((_, pair) => this.#excess(pair));
    this.#influences = new Array<Influence>(sent.length).fill(influenceOf([], noise));
  }

  /** The causes so far, in the order they were added. */
  get causes(): readonly Cause[] {
    return this.#causes;
  }

  /** The causes that reach the pair. Pairs that are alike in this have the same object. */
  influence(pair: number): Influence | undefined {
    return this.#influences[pair];
  }

  /** What is to be made as large as possible: gained likelihood less penalties, in nats. */
  score(): number {
    let sum = this.#gained;
    for (const cause of this.#causes) sum += this.bonus(cause) - cause.suspect.penalty;
    return sum;
  }

  /** What a cause is worth beside the losses: a dead node explains that its agent is silent. */
  bonus({ suspect: { candidate }, loss }: Cause): number {
    if (candidate.kind !== "node" || loss < silencingLoss) return 0;
    return this.seen.silent[candidate.node] ? silenceNats : 0;
  }

  /** Takes the cause for real: its pairs are expected to lose by it. */
  add(cause: Cause): void {
    this.#causes = [...this.#causes, cause];
    this.#change(cause, (causes) => [...causes, cause]);
  }

  /** Takes it back. */
  remove(cause: Cause): void {
    this.#causes = this.#causes.filter((one) => one !== cause);
    this.#change(cause, (causes) => causes.filter((one) => one !== cause));
  }

  /** Goes to exactly these causes. */
  restore(causes: readonly Cause[]): void {
    for (const cause of this.#causes) if (!causes.includes(cause)) this.remove(cause);
    for (const cause of causes) if (!this.#causes.includes(cause)) this.add(cause);
  }

  #change({ suspect }: Cause, next: (causes: readonly Cause[]) => readonly Cause[]): void {
    const changed = new Map<Influence | undefined, Influence>();
    for (let index = 0; index < suspect.pairs.length; index++) {
      const pair = suspect.pairs[index] ?? 0;
      const before = this.#influences[pair];
      const after = changed.get(before) ?? influenceOf(next(before?.causes ?? []), this.noise);
      changed.set(before, after);
      this.#influences[pair] = after;
      const likelihood = this.#likelihood(pair, after);
      this.#gained += likelihood - (this.current[pair] ?? 0);
      this.current[pair] = likelihood;
      this.excess[pair] = this.#excess(pair);
    }
  }

  #likelihood(pair: number, { ways }: Influence): number {
    const n = this.seen.sent[pair] ?? 0;
    const k = this.seen.lost[pair] ?? 0;
    let best = -Infinity;
    for (const { nats, shared } of ways) {
      const likelihood = shared ? shared.of(k, n) : this.#unexplained[pair] ?? 0;
      best = Math.max(best, nats + likelihood);
    }
    return best;
  }

  #excess(pair: number): number {
    const n = this.seen.sent[pair] ?? 0;
    const k = this.seen.lost[pair] ?? 0;
    const best = binomial(k, n, Math.max(smallestFault, k / n));
    return Math.max(sparedNats, best - (this.current[pair] ?? 0));
  }
}
