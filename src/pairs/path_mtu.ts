/** What is known of the path MTU to one target, and what to send next to know it. @module */

import { PathMtuSearch, SendLimit } from "./path_mtu_search.ts";
import type { PathMtuProbe, PathMtuResult } from "./path_mtu_search.ts";

/** Totals of the usual, small probes of the target. */
export interface SmallProbes {
  /** How many there were. */
  readonly sent: number;
  /** How many of them were answered. */
  readonly received: number;
}

/** What is known of the paths of one source, which is tried first for the next target. */
export interface PathMtuHints {
  /** Limits of the kernel, the commonest first. */
  readonly limits: readonly number[];
  /** Sizes around the bounds of black holes. */
  readonly sizes: readonly number[];
}

/** So many packets of full size must be lost in a row before the path is searched. */
const failuresBeforeSearch = 3;

/** No step of a search begins later than this after its first; a step takes less than 2 s. */
const searchMs = 6000;

/** The chance that a black hole is called one although the packets were lost as others are. */
const falseBlackHole = 1e-6;

/** The chance that a size counts as lost in a search although it passes. */
const falseSize = 1e-4;

/** Where more of a kind is lost than this, nothing is said of its size. */
const maxLossShare = 0.8;

/** Packets of full size that must be lost for a black hole, however well the path was before. */
const minEvidence = 20;

/** Rounds from a search that found nothing to the next. */
const roundsBetweenSearches = 6;

/** Rounds from one look whether the kernel's limit has grown to the next. */
const roundsBetweenLooks = 6;

/** Steps in one round that look for the kernel's limit. */
const maxLimitSteps = 8;

/**
 * The path MTU to one target. It is asked what to send by {@linkcode next}, and given what became
 * of it by {@linkcode record}, until nothing is left to send in this round.
 *
 * A black hole is claimed only where the loss of full-size packets cannot be the loss that small or
 * full-size packets of this path have at other times: a path that loses 30 % of everything, and a
 * device that drops a share of large packets, are none.
 */
export class PathMtu {
  readonly #limit: SendLimit;
  readonly #small = new SmallLoss();
  readonly #smallBytes: number;
  /** The kernel's limit, by which the state below was found. */
  #fullBytes: number | undefined;
  #bytes: number | undefined;
  #blackHole: { readonly passes: number; readonly lost: number } | undefined;
  #search: PathMtuSearch | undefined;
  readonly #history = new LossHistory();
  /** Full-size packets lost in a row. */
  #failures = 0;
  /** Rounds in a row in which the size that passes a black hole was lost, too. */
  #passesFailures = 0;
  #round = 0;
  #limitSteps = 0;
  #searchFromRound = 0;
  #isDue = false;

  /** For a target of this family, whose usual probes have this size. */
  constructor(family: 4 | 6, smallPacketBytes: number) {
    this.#limit = new SendLimit(family);
    this.#smallBytes = smallPacketBytes;
  }

  /** The largest packet that was answered lately; undefined where not even small ones are. */
  get bytes(): number | undefined {
    return this.#bytes;
  }

  /**
   * Sizes around the bound of a black hole: the largest that passes, and the least that vanishes.
   */
  get blackHole(): { readonly passes: number; readonly lost: number } | undefined {
    return this.#blackHole;
  }

  /** The largest packet that the kernel lets out, where known. */
  get sendLimit(): number | undefined {
    return this.#limit.packetBytes;
  }

  /** Whether a search is under way. */
  get isSearching(): boolean {
    return this.#search !== undefined;
  }

  /** Starts a round. */
  begin(small: SmallProbes): void {
    this.#small.update(small);
    this.#round++;
    this.#limitSteps = 0;
    this.#isDue = true;
    if (!this.#small.isDead) return;
    this.#bytes = undefined;
    this.#blackHole = undefined;
    this.#search = undefined;
    this.#failures = 0;
  }

  /** What to send now; nothing when the round is over. */
  next(hints: () => PathMtuHints): readonly PathMtuProbe[] {
    if (this.#small.isDead) return [];
    const limits = this.#limitSteps < maxLimitSteps && !this.#limit.isKnown
      ? this.#limit.next(hints().limits)
      : [];
    if (limits.length > 0) return limits.map((packetBytes) => ({ packetBytes, count: 1 }));
    if (this.#limit.packetBytes === undefined) return [];
    if (this.#search !== undefined) return this.#search.next();
    return this.#isDue ? this.#regularProbes(this.#limit.packetBytes) : [];
  }

  #regularProbes(fullBytes: number): readonly PathMtuProbe[] {
    const sizes = new Set([fullBytes]);
    if (this.#blackHole !== undefined) {
      sizes.add(this.#blackHole.passes);
      sizes.add(this.#blackHole.lost);
    }
    const { beyond } = this.#limit;
    if (beyond !== undefined && this.#round % roundsBetweenLooks === 0) sizes.add(beyond);
    return [...sizes].map((packetBytes) => ({ packetBytes, count: 1 }));
  }

  /** Records what became of what `next` wanted. */
  record(
    results: readonly PathMtuResult[],
    small: SmallProbes,
    nowMs: number,
    hints: () => PathMtuHints,
  ): void {
    this.#small.update(small);
    for (const result of results) this.#limit.record(result);
    const fullBytes = this.#limit.packetBytes;
    if (fullBytes === undefined) this.#limitSteps++;
    else if (fullBytes !== this.#fullBytes) this.#adopt(fullBytes);
    const full = results.find(({ packetBytes }) => packetBytes === fullBytes);
    if (fullBytes === undefined || full === undefined) return;
    this.#countFull(full);
    if (this.#search === undefined) this.#judgeRound(results, fullBytes, full, hints);
    else this.#continueSearch(this.#search, results, fullBytes, nowMs);
  }

  /** The kernel's limit is another one: what was found by the old one is void. */
  #adopt(fullBytes: number): void {
    this.#fullBytes = fullBytes;
    if (this.#bytes !== undefined && this.#bytes > fullBytes) this.#bytes = undefined;
    this.#blackHole = undefined;
    this.#search = undefined;
    this.#failures = 0;
    this.#searchFromRound = 0;
    this.#isDue = true;
  }

  #countFull({ answered, lost }: PathMtuResult): void {
    if (answered > 0) {
      this.#history.add(this.#failures + lost, answered);
      this.#failures = 0;
    } else if (this.#small.isAnswered) {
      this.#failures += lost;
    }
  }

  #judgeRound(
    results: readonly PathMtuResult[],
    fullBytes: number,
    full: PathMtuResult,
    hints: () => PathMtuHints,
  ): void {
    this.#isDue = false;
    if (full.answered > 0) return this.#passFullSize(fullBytes);
    const passes = this.#blackHole === undefined
      ? undefined
      : this.#stillPasses(results, this.#blackHole);
    const isWanted = this.#blackHole === undefined
      ? this.#failures >= failuresBeforeSearch && this.#round >= this.#searchFromRound
      : passes !== this.#blackHole.passes;
    if (!isWanted || !this.#small.isAnswered) return;
    const evidence = this.#blackHole === undefined ? this.#evidence() - this.#failures : 0;
    if (evidence > packetsFor(maxLossShare, falseBlackHole)) return;
    this.#search = new PathMtuSearch({
      fullBytes,
      ...(passes === undefined ? {} : { passes }),
      packets: Math.min(24, Math.max(3, packetsFor(this.#small.lossShare, falseSize))),
      evidence: Math.max(0, evidence),
      likely: hints().sizes,
      durationMs: searchMs,
    });
  }

  /** Of a black hole, the largest size that is known to pass; undefined when none is any more. */
  #stillPasses(
    results: readonly PathMtuResult[],
    { passes, lost }: { readonly passes: number; readonly lost: number },
  ): number | undefined {
    const isAnswered = (size: number) =>
      results.some(({ packetBytes, answered }) => packetBytes === size && answered > 0);
    if (isAnswered(lost)) return lost;
    this.#passesFailures = isAnswered(passes) ? 0 : this.#passesFailures + 1;
    return this.#passesFailures < failuresBeforeSearch ? passes : undefined;
  }

  #continueSearch(
    search: PathMtuSearch,
    results: readonly PathMtuResult[],
    fullBytes: number,
    nowMs: number,
  ): void {
    const end = search.record(results, nowMs);
    if (end === undefined) return;
    this.#search = undefined;
    this.#isDue = false;
    this.#passesFailures = 0;
    switch (end.kind) {
      case "full_size_passes":
        return this.#passFullSize(fullBytes);
      case "black_hole":
        this.#blackHole = { passes: end.passes, lost: end.lost };
        this.#bytes = end.passes;
        return;
      case "only_small":
        this.#blackHole = undefined;
        if (this.#small.isAnswered) this.#bytes = this.#smallBytes;
    }
    this.#searchFromRound = this.#round + roundsBetweenSearches;
  }

  #passFullSize(fullBytes: number): void {
    this.#bytes = fullBytes;
    this.#blackHole = undefined;
    this.#searchFromRound = 0;
  }

  /** How many packets of full size must be lost in a row. */
  #evidence(): number {
    const share = Math.max(this.#small.lossShare, this.#history.lossShare);
    return Math.max(minEvidence, packetsFor(share, falseBlackHole));
  }
}

/** How many packets in a row are all lost with at most this chance, where a share of all is. */
function packetsFor(lossShare: number, chance: number): number {
  return Math.ceil(Math.log(chance) / Math.log(lossShare));
}

/** Outcomes of small probes that make a window. */
const windowOutcomes = 5;

/** How the small probes fare: what says whether the loss of a large one means anything. */
class SmallLoss {
  #base: SmallProbes = { sent: 0, received: 0 };
  #sent = 0;
  #lost = 0;
  /** Whether none of the latest was answered. */
  isDead = false;
  /** Whether at least half of the latest were answered. */
  isAnswered = false;

  /** Share that is lost, at the upper end of what its sample allows. */
  get lossShare(): number {
    const share = (this.#lost + 0.5) / (this.#sent + 1);
    return Math.min(0.95, share + Math.sqrt(share * (1 - share) / (this.#sent + 1)));
  }

  /** Takes the totals as they are now. */
  update(totals: SmallProbes): void {
    const sent = totals.sent - this.#base.sent;
    const received = totals.received - this.#base.received;
    if (sent < 0 || received < 0) return this.#restart(totals);
    if (sent < windowOutcomes) return;
    this.isDead = received <= 0;
    this.isAnswered = received >= sent / 2;
    this.#sent = this.#sent / 2 + sent;
    this.#lost = this.#lost / 2 + Math.max(0, sent - received);
    this.#base = totals;
  }

  /** The totals are those of another node, which has taken the address over: they began at 0. */
  #restart(totals: SmallProbes): void {
    this.#base = totals;
    this.#sent = this.#lost = 0;
    this.isDead = this.isAnswered = false;
  }
}

/** How the loss of full-size packets has been on this path, over about the last hundred of them. */
class LossHistory {
  #sent = 0;
  #lost = 0;

  /** Share that was lost; one half of what nobody has seen yet. */
  get lossShare(): number {
    return (this.#lost + 0.5) / (this.#sent + 1);
  }

  /** A run of lost packets that answered ones have ended. */
  add(lost: number, answered: number): void {
    // A black hole that is mended says nothing of the loss of what passes.
    const counted = Math.min(lost, maxCountedRun);
    const total = counted + answered;
    const kept = Math.exp(-total / historyPackets);
    this.#sent = this.#sent * kept + total;
    this.#lost = this.#lost * kept + counted;
  }
}

const historyPackets = 100;
const maxCountedRun = 60;
