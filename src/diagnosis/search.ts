/** The search for the fewest causes: greedy, then every cause is questioned again. @module */

import { estimateBackgrounds } from "./likelihood.ts";
import type { Backgrounds } from "./likelihood.ts";
import { Explanation, fit, isTouched } from "./model.ts";
import type { Cause, Fit } from "./model.ts";
import { broadHypotheses, linkHypothesis, linkPenalty, usualReach } from "./observations.ts";
import type { Hypothesis, Observations } from "./observations.ts";
import { pathHypotheses } from "./paths.ts";

/** With more causes than this, each is only asked whether it is still needed. */
const fewCauses = 12;

/** When a cause is taken away, so many may stand in for it: more would not be the fewest. */
const standIns = 4;

/** What stands in for a path reaches at least this part of its pairs. */
const standInShare = 0.3;

/** Added to a bound: it takes losses as fixed that {@linkcode fit} lets vary a little. */
const boundSlackNats = 4;

/** The background is estimated at most so often anew, without the pairs that causes touch. */
const backgroundRounds = 3;

/** Two levels are the same when they differ by less than this part. */
const sameLevel = 0.05;

/** Finds the causes with the highest score (see {@linkcode Explanation.score}). */
export function findCauses(seen: Observations): Explanation {
  let backgrounds = estimateBackgrounds(seen);
  for (let round = 1;; round++) {
    const search = new Search(new Explanation(seen, backgrounds));
    search.grow();
    search.prune();
    const { explanation } = search;
    // What causes lose is not the background, and may have made it look uneven.
    const isSure = backgrounds.evenLoss === undefined || explanation.causes.length === 0 ||
      round === backgroundRounds;
    const touched = isSure ? undefined : touchedPairs(explanation);
    const next = touched && estimateBackgrounds(seen, (pair) => !touched.has(pair));
    if (next === undefined || areSame(backgrounds, next)) {
      if (explanation.causes.length <= fewCauses) search.question();
      else search.questionPaths();
      return explanation;
    }
    backgrounds = next;
  }
}

function touchedPairs(explanation: Explanation): ReadonlySet<number> {
  const touched = new Set<number>();
  for (const cause of explanation.causes) {
    explanation.remove(cause);
    for (const pair of cause.hypothesis.pairs) {
      if (isTouched(explanation, pair, cause)) touched.add(pair);
    }
    explanation.add(cause);
  }
  return touched;
}

function areSame(one: Backgrounds, other: Backgrounds): boolean {
  return one.ofClass.every(({ level, spread }, index) => {
    const then = other.ofClass[index];
    return then !== undefined && (spread === undefined) === (then.spread === undefined) &&
      Math.abs(then.level - level) < sameLevel * level;
  });
}

/** A hypothesis with the most that it can gain, in nats. */
interface Bounded {
  readonly hypothesis: Hypothesis;
  readonly bound: number;
}

class Search {
  readonly explanation: Explanation;
  readonly #broad: readonly Hypothesis[];

  constructor(explanation: Explanation) {
    this.explanation = explanation;
    this.#broad = broadHypotheses(explanation.seen);
  }

  /** Adds the best hypothesis until none pays for itself, or so many were added. */
  grow(forbidden?: string, most = this.explanation.seen.nodes.length): void {
    let isPathNew = false;
    for (let left = most; left > 0; left--) {
      const best = this.#best(forbidden);
      if (best === undefined) return;
      const { kind } = best.hypothesis.subject;
      // Nodes hide in a path what they explain later: before links are blamed, it is looked at again.
      if (kind === "link" && isPathNew) {
        isPathNew = false;
        if (this.#tryOut(() => this.#renewPaths())) continue;
      }
      if (kind !== "link") isPathNew = this.#hasPath() || kind === "path";
      this.#accept(best);
    }
  }

  /** Removes causes that others have made needless. */
  prune(): void {
    for (const cause of [...this.explanation.causes].reverse()) {
      if (!this.explanation.causes.includes(cause)) continue;
      this.#tryOut(() => this.explanation.remove(cause));
    }
  }

  /**
   * Takes each cause away and lets the search find another way, and forces on it what could stand
   * for several causes at once; keeps what scores higher.
   */
  question(): void {
    for (let round = 0; round < 3; round++) {
      let better = false;
      for (const { hypothesis } of [...this.explanation.causes]) {
        const change = hypothesis.subject.kind === "path"
          ? () => this.#withoutPath(hypothesis)
          : () => this.#without(hypothesis);
        better = this.#tryOut(change) || better;
      }
      for (const hypothesis of this.#mergers()) {
        better = this.#tryOut(() => this.#force(hypothesis)) || better;
      }
      better = this.#tryOut(() => this.#forcePath()) || better;
      if (!better) return;
    }
  }

  #without({ key }: Hypothesis): void {
    const cause = this.explanation.causes.find((one) => one.hypothesis.key === key);
    if (cause === undefined) return;
    const score = this.explanation.score();
    this.explanation.remove(cause);
    this.#growBeyond(score, key);
  }

  /** In place of a path there are too many links to look at: only what is as broad may stand in. */
  #withoutPath({ key }: Hypothesis): void {
    const cause = this.explanation.causes.find((one) => one.hypothesis.key === key);
    if (cause === undefined) return;
    this.explanation.remove(cause);
    for (let left = standIns; left > 0; left--) {
      let best: Fit | undefined;
      for (const { hypothesis, bound } of this.#bounded(key)) {
        if (bound <= (best?.gain ?? 0)) break;
        if (sharedPart(cause.hypothesis, hypothesis) < standInShare) continue;
        const found = fit(this.explanation, hypothesis);
        if (found.gain > (best?.gain ?? 0)) best = found;
      }
      if (best === undefined) return;
      this.#accept(best);
    }
  }

  #force(hypothesis: Hypothesis): void {
    if (this.explanation.causes.some((one) => one.hypothesis.key === hypothesis.key)) return;
    const score = this.explanation.score();
    for (const cause of this.explanation.causes) {
      if (sharedPart(cause.hypothesis, hypothesis) === 1) this.explanation.remove(cause);
    }
    const forced = fit(this.explanation, hypothesis);
    if (forced.gain === -Infinity) return;
    this.#accept(forced);
    this.#growBeyond(score);
  }

  /** Keeps paths in place of links and zone pairs where they explain more. */
  questionPaths(): void {
    this.#tryOut(() => this.#forcePath());
  }

  /** Paths in place of links and zone pairs. */
  #forcePath(): void {
    const before = this.explanation.causes.length;
    this.#renewPaths(["path", "link", "zone-pair"]);
    if (this.explanation.causes.length === before && !this.#hasPath()) return;
    this.grow(undefined, before);
    this.prune();
  }

  /** Looks for paths again, without causes of the given kinds. */
  #renewPaths(dropped: readonly string[] = ["path"]): void {
    for (const cause of this.explanation.causes) {
      if (dropped.includes(cause.hypothesis.subject.kind)) this.explanation.remove(cause);
    }
    for (const hypothesis of pathHypotheses(this.explanation)) {
      const found = fit(this.explanation, hypothesis);
      if (found.gain > 0) this.#accept(found);
    }
  }

  #hasPath(): boolean {
    return this.explanation.causes.some(({ hypothesis }) => hypothesis.subject.kind === "path");
  }

  /** Adds up to {@linkcode standIns} causes, as long as they can still bring more than the score. */
  #growBeyond(score: number, forbidden?: string): void {
    for (let left = standIns; left > 0; left--) {
      const bounds = [
        ...this.#bounded(forbidden).slice(0, left),
        ...this.#links(0).slice(0, left),
      ].map(({ bound }) => bound).sort((one, other) => other - one);
      const most = bounds.slice(0, left).reduce((sum, bound) => sum + bound, 0);
      if (most === 0) break;
      if (this.explanation.score() + most <= score) return;
      this.grow(forbidden, 1);
    }
    this.prune();
  }

  /** Broad hypotheses that reach most pairs of at least two causes. */
  #mergers(): Hypothesis[] {
    const { causes } = this.explanation;
    if (causes.length < 2) return [];
    return this.#broad.filter((hypothesis) => {
      let reached = 0;
      for (const cause of causes) if (sharedPart(cause.hypothesis, hypothesis) > 0.5) reached++;
      return reached > 1;
    });
  }

  /** Does the change and keeps it when the score rises. */
  #tryOut(change: () => void): boolean {
    const before = this.explanation.causes;
    const score = this.explanation.score();
    change();
    if (this.explanation.score() > score + 1e-6) return true;
    this.explanation.restore(before);
    return false;
  }

  #accept({ hypothesis, loss }: Fit): void {
    this.explanation.add({ hypothesis, loss });
    for (const cause of this.explanation.causes) {
      if (overlap(cause.hypothesis, hypothesis)) this.#refit(cause);
    }
  }

  #refit(cause: Cause): void {
    this.explanation.remove(cause);
    const { loss, gain } = fit(this.explanation, cause.hypothesis);
    this.explanation.add(gain === -Infinity ? cause : { hypothesis: cause.hypothesis, loss });
  }

  /** The hypothesis that gains most; undefined when none gains. Bounds spare most of the fits. */
  #best(forbidden: string | undefined): Fit | undefined {
    const taken = this.#taken(forbidden);
    let best: Fit | undefined;
    let most = 0;
    const consider = (hypothesis: Hypothesis) => {
      const found = fit(this.explanation, hypothesis);
      if (found.gain <= 0) return;
      const worth = found.gain + this.explanation.bonus(found);
      if (worth > most) [best, most] = [found, worth];
    };
    for (const { hypothesis, bound } of this.#bounded(forbidden)) {
      if (bound <= most) break;
      consider(hypothesis);
    }
    for (const hypothesis of pathHypotheses(this.explanation)) {
      if (!taken.has(hypothesis.key)) consider(hypothesis);
    }
    for (const { hypothesis, bound } of this.#links(most)) {
      if (bound <= most) break;
      if (!taken.has(hypothesis.key)) consider(hypothesis);
    }
    return best;
  }

  #taken(forbidden: string | undefined): ReadonlySet<string | undefined> {
    return new Set([forbidden, ...this.explanation.causes.map((cause) => cause.hypothesis.key)]);
  }

  /** The broad hypotheses that may gain anything, the most promising first. */
  #bounded(forbidden: string | undefined): readonly Bounded[] {
    const taken = this.#taken(forbidden);
    return this.#broad
      .filter(({ key }) => !taken.has(key))
      .map((hypothesis) => ({ hypothesis, bound: this.#bound(hypothesis) }))
      .filter(({ bound }) => bound > 0)
      .sort((one, other) => other.bound - one.bound);
  }

  /**
   * The most that a hypothesis can gain: what its pairs could at best, less the penalty. None when
   * half of them would at any loss rather be spared.
   */
  #bound({ pairs, penalty }: Hypothesis): number {
    let sum = boundSlackNats - penalty;
    let spared = 0;
    const { excess } = this.explanation;
    for (let index = 0; index < pairs.length; index++) {
      const nats = excess[pairs[index] ?? 0] ?? 0;
      sum += nats;
      if (nats <= usualReach.sparedNats) spared++;
    }
    return 2 * spared < pairs.length ? sum : -Infinity;
  }

  /** Links that may gain more than so many nats, the most promising first. */
  #links(least: number): readonly Bounded[] {
    const { excess, seen } = this.explanation;
    const both = linkPenalty(seen, false);
    const oneWay = linkPenalty(seen, true);
    const found: Bounded[] = [];
    excess.forEach((own, pair) => {
      if (own <= 0) return;
      const back = seen.reverse[pair] ?? -1;
      const other = back < 0 ? 0 : excess[back] ?? 0;
      const bound = own + other - both;
      if (bound > least && (back < 0 || own > other || own === other && pair < back)) {
        found.push({ hypothesis: linkHypothesis(seen, pair, false), bound });
      }
      if (back >= 0 && own - oneWay > least) {
        found.push({ hypothesis: linkHypothesis(seen, pair, true), bound: own - oneWay });
      }
    });
    return found.sort((one, other) => other.bound - one.bound);
  }
}

/** Whether the two share a tenth of the smaller one's pairs: then their losses depend. */
function overlap(one: Hypothesis, other: Hypothesis): boolean {
  const [small, large] = one.pairs.length < other.pairs.length ? [one, other] : [other, one];
  return sharedPart(small, large) >= 0.1;
}

/** The part of one hypothesis's pairs that the other reaches, too. Both lists ascend. */
function sharedPart(one: Hypothesis, other: Hypothesis): number {
  let shared = 0;
  for (let i = 0, j = 0; i < one.pairs.length && j < other.pairs.length;) {
    const left = one.pairs[i] ?? 0;
    const right = other.pairs[j] ?? 0;
    if (left === right) shared++;
    if (left <= right) i++;
    if (right <= left) j++;
  }
  return shared / one.pairs.length;
}
