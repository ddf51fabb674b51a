/** The search for the fewest causes: greedy, then every cause is questioned again. @module */

import { estimateBackgrounds } from "./background.ts";
import type { Backgrounds } from "./background.ts";
import { Explanation, fit, isSpared, maxCauses, touchTest } from "./model.ts";
import type { Cause, Fit } from "./model.ts";
import { broadHypotheses, linkHypothesis, linkPenalty } from "./observations.ts";
import type { Hypothesis, Observations } from "./observations.ts";
import { lossyNats } from "./path_groups.ts";
import { pathHypotheses } from "./paths.ts";

/** With more causes than this, each is only asked whether it is still needed. */
const fewCauses = 12;

/** When a cause is taken away, so many may stand in for it: more would not be the fewest. */
const standIns = 4;

/** A cause that touches more than this of its pairs is no part of a path. */
const wholeShare = 0.9;

/** Added to a bound: it takes losses as fixed that {@linkcode fit} lets vary a little. */
const boundSlackNats = 4;

/** The background is estimated at most so often anew, without the pairs that causes touch. */
const backgroundRounds = 3;

/** So are two losses of a cause; it is not worth the while to change it. */
const sameLoss = 0.02;

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
    const isTouched = touchTest(explanation, cause);
    for (const pair of cause.hypothesis.pairs) if (isTouched(pair)) touched.add(pair);
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

/** What may be added. */
interface Choice {
  /** All but the hypothesis with this key. */
  readonly forbidden?: string;
  /** All kinds, if it is left out; nodes, sources, destinations, zone pairs and the mesh are broad. */
  readonly among?: "all" | "all but paths" | "broad";
}

class Search {
  readonly explanation: Explanation;
  readonly #broad: readonly Hypothesis[];
  /** The best, by what was found before and what may be added: the search comes back to the same again and again. */
  readonly #known = new Map<string, Fit | undefined>();

  constructor(explanation: Explanation) {
    this.explanation = explanation;
    this.#broad = broadHypotheses(explanation.seen);
  }

  /** Adds the best hypothesis until none pays for itself, or so many were added. */
  grow(choice: Choice = {}, maxCount = maxCauses): void {
    let isPathNew = false;
    for (let left = maxCount; left > 0; left--) {
      const best = this.#best(choice);
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
        better = this.#tryOut(() => this.#without(hypothesis)) || better;
        better = this.#tryOut(() => this.#withPathsInstead(hypothesis)) || better;
      }
      for (const hypothesis of this.#mergers()) {
        better = this.#tryOut(() => this.#force(hypothesis)) || better;
      }
      better = this.#tryOut(() => this.#forcePath()) || better;
      if (!better) return;
    }
  }

  #without({ key, subject }: Hypothesis): void {
    const cause = this.explanation.causes.find((one) => one.hypothesis.key === key);
    if (cause === undefined) return;
    const score = this.explanation.score();
    this.explanation.remove(cause);
    this.#refitAround(cause.hypothesis);
    if (subject.kind !== "path") return this.#growBeyond(score, { forbidden: key });
    // A path hides nodes, and a few links; where many links lose, it is found again.
    this.grow({ among: "broad" }, standIns);
    const lossy = this.explanation.excess.reduce(
      (sum, nats) => nats > lossyNats ? sum + 1 : sum,
      0,
    );
    this.#growBeyond(score, lossy > 2 * standIns ? {} : { among: "all but paths" });
  }

  /** A node that stands on the wrong side of a path looks as if it were at fault itself. */
  #withPathsInstead({ key, subject }: Hypothesis): void {
    if (subject.kind === "path" || !this.#hasPath()) return;
    const cause = this.explanation.causes.find((one) => one.hypothesis.key === key);
    if (cause === undefined) return;
    this.explanation.remove(cause);
    const { pairs } = cause.hypothesis;
    const touched = pairs.filter(touchTest(this.explanation, cause)).length;
    if (touched < wholeShare * pairs.length) this.#renewPaths();
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
    this.grow({}, before);
    this.prune();
  }

  /** Looks for paths again, without causes of the given kinds. */
  #renewPaths(dropped: readonly string[] = ["path"]): void {
    for (const cause of this.explanation.causes) {
      if (dropped.includes(cause.hypothesis.subject.kind)) this.explanation.remove(cause);
    }
    for (const hypothesis of pathHypotheses(this.explanation)) {
      const found = fit(this.explanation, hypothesis, { minGain: 0 });
      if (found.gain > 0) this.#accept(found);
    }
  }

  #hasPath(): boolean {
    return this.explanation.causes.some(({ hypothesis }) => hypothesis.subject.kind === "path");
  }

  /**
   * Adds up to {@linkcode standIns} causes, as long as they can still bring more than the score:
   * what is added later hardly gains more than what is best now.
   */
  #growBeyond(score: number, choice: Choice = {}): void {
    for (let left = standIns; left > 0; left--) {
      const best = this.#best(choice);
      if (best === undefined) break;
      if (this.explanation.score() + left * best.gain <= score) return;
      this.grow(choice, 1);
    }
    this.prune();
  }

  /** Broad hypotheses that reach most pairs of at least two causes. */
  #mergers(): Hypothesis[] {
    const { causes } = this.explanation;
    if (causes.length < 2) return [];
    return this.#broad.filter((hypothesis) => {
      let reached = 0;
      for (const cause of causes) if (reachesMost(hypothesis, cause.hypothesis)) reached++;
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
    this.#refitAround(hypothesis);
  }

  #refitAround(hypothesis: Hypothesis): void {
    for (const cause of this.explanation.causes) {
      if (overlap(cause.hypothesis, hypothesis)) this.#refit(cause);
    }
  }

  #refit(cause: Cause): void {
    const { hypothesis } = cause;
    const { loss, gain } = fit(this.explanation, hypothesis, { without: cause });
    if (gain === -Infinity || Math.abs(loss - cause.loss) < sameLoss * cause.loss) return;
    this.explanation.remove(cause);
    this.explanation.add({ hypothesis, loss });
  }

  /** The hypothesis that gains most beside the causes so far; undefined when none gains. */
  #best(choice: Choice): Fit | undefined {
    const state = this.explanation.causes.map(({ hypothesis: { key }, loss }) => `${key} ${loss}`);
    const key = [choice.among, choice.forbidden, ...state.sort()].join("\n");
    if (!this.#known.has(key)) this.#known.set(key, this.#findBest(choice));
    return this.#known.get(key);
  }

  /** Bounds spare most of the fits. */
  #findBest(choice: Choice): Fit | undefined {
    const { among = "all" } = choice;
    const taken = this.#taken(choice);
    let best: Fit | undefined;
    let maxWorth = 0;
    const consider = (hypothesis: Hypothesis) => {
      const minGain = Math.max(0, maxWorth - this.explanation.bonus({ hypothesis, loss: 1 }));
      const found = fit(this.explanation, hypothesis, { minGain });
      if (found.gain <= 0) return;
      const worth = found.gain + this.explanation.bonus(found);
      if (worth > maxWorth) [best, maxWorth] = [found, worth];
    };
    for (const { hypothesis, bound } of this.#bounded(choice)) {
      if (bound <= maxWorth) break;
      consider(hypothesis);
    }
    if (among === "broad") return best;
    for (const hypothesis of among === "all" ? pathHypotheses(this.explanation) : []) {
      if (!taken.has(hypothesis.key)) consider(hypothesis);
    }
    for (const { hypothesis, bound } of this.#links(maxWorth)) {
      if (bound <= maxWorth) break;
      if (!taken.has(hypothesis.key)) consider(hypothesis);
    }
    return best;
  }

  #taken({ forbidden }: Choice): ReadonlySet<string | undefined> {
    return new Set([forbidden, ...this.explanation.causes.map((cause) => cause.hypothesis.key)]);
  }

  /** The broad hypotheses that may gain anything, the most promising first. */
  #bounded(choice: Choice): readonly Bounded[] {
    const taken = this.#taken(choice);
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
  #bound({ subject, pairs, penalty }: Hypothesis): number {
    const { rows, columns, excess } = this.explanation;
    const base = boundSlackNats - penalty;
    const bound = (nats: number, spared: number) =>
      2 * spared < pairs.length ? base + nats : -Infinity;
    switch (subject.kind) {
      case "node":
        return bound(
          rows.nats(subject.node) + columns.nats(subject.node),
          rows.spared(subject.node) + columns.spared(subject.node),
        );
      case "source":
        return bound(rows.nats(subject.node), rows.spared(subject.node));
      case "destination":
        return bound(columns.nats(subject.node), columns.spared(subject.node));
      default: {
        let [nats, spared] = [0, 0];
        for (let index = 0; index < pairs.length; index++) {
          const own = excess[pairs[index] ?? 0] ?? 0;
          nats += own;
          if (isSpared(own)) spared++;
        }
        return bound(nats, spared);
      }
    }
  }

  /** Links that may gain more than so many nats, the most promising first. */
  #links(minGain: number): readonly Bounded[] {
    const { excess, seen } = this.explanation;
    const both = linkPenalty(seen, false);
    const oneWay = linkPenalty(seen, true);
    const found: Bounded[] = [];
    const add = (pair: number, isOneWay: boolean, bound: number) => {
      if (bound > minGain) found.push({ hypothesis: linkHypothesis(seen, pair, isOneWay), bound });
    };
    for (let pair = 0; pair < excess.length; pair++) {
      const own = excess[pair] ?? 0;
      // The better direction brings at least half.
      if (2 * own <= both + minGain) continue;
      const back = seen.reverse[pair] ?? -1;
      const other = back < 0 ? 0 : excess[back] ?? 0;
      if (back < 0 || own > other || own === other && pair < back) {
        add(pair, false, own + other - both);
      }
      if (back >= 0) add(pair, true, own - oneWay);
    }
    return found.sort((one, other) => other.bound - one.bound);
  }
}

/** Whether the two share a tenth of the smaller one's pairs: then their losses depend. */
function overlap(one: Hypothesis, other: Hypothesis): boolean {
  const [small, large] = one.pairs.length < other.pairs.length ? [one, other] : [other, one];
  return sharedPart(small, large) >= 0.1;
}

function reachesMost(one: Hypothesis, other: Hypothesis): boolean {
  return 2 * one.pairs.length > other.pairs.length && sharedPart(other, one) > 0.5;
}

/** The part of one hypothesis's pairs that the other reaches, too. Both lists ascend. */
function sharedPart({ pairs: one }: Hypothesis, { pairs: other }: Hypothesis): number {
  let shared = 0;
  let at = 0;
  for (const pair of one) {
    // In steps that double, then back by halves: one may be far longer than the other.
    let step = 1;
    while (at + step < other.length && (other[at + step] ?? 0) <= pair) {
      at += step;
      step *= 2;
    }
    for (; step >= 1; step /= 2) {
      if (at + step < other.length && (other[at + step] ?? 0) <= pair) at += step;
    }
    if (other[at] === pair) shared++;
  }
  return shared / one.length;
}
