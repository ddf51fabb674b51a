/** A set of causes, and how well it explains every pair. @module */

import { type Cause, type Influence, influenceOf, sparedNats } from "./influence.ts";
import { binomial } from "./likelihood.ts";
import { unexplained } from "./noise.ts";
import type { Observations } from "./observations.ts";

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
