/** What became of a probe. @module */

import type { ProbeLine } from "./output.ts";

/** The outcome of one probe. `sentAtSeconds` is wall time, as precise as fping prints it. */
export type Outcome =
  /** Answered within the timeout. */
  | { readonly kind: "reply"; readonly rttSeconds: number; readonly sentAtSeconds: number }
  /** Not answered within the timeout. */
  | { readonly kind: "lost"; readonly sentAtSeconds: number }
  /** The kernel refused to send it. */
  | { readonly kind: "refused"; readonly sentAtSeconds: number }
  /** One more answer to a probe already answered. */
  | { readonly kind: "duplicate" }
  /** The answer of a probe already emitted as lost or refused: the reply wins. */
  | { readonly kind: "late_reply"; readonly rttSeconds: number };

/** Settings of a {@linkcode SequenceLedger}. */
export interface LedgerOptions {
  /** For each target what receives its outcomes, in the order of their sequence. */
  readonly receivers: readonly ((outcome: Outcome) => void)[];
  /** After this a probe without an outcome is lost. */
  readonly timeoutSeconds: number;
}

/** A line with the reply or the timeout of one probe. */
export type OutcomeLine = Exclude<ProbeLine, { kind: "clock_step" }>;

/** How much later than its timeout a probe's line may come before it is taken as never sent. */
const graceSeconds = 1;

/** What fping's time stamps and round-trip times may be off by together. */
const clockDigitsSeconds = 0.001;

/** fping gives out no more sequence numbers at once, over all targets (5.1, seqmap.h). */
const maxAhead = 65_535;

/** How many emitted losses are remembered for each target, in case a reply turns up. */
const rememberedLosses = 32;

/**
 * The account of one target; a thousand of them are gone through twice a second, so they are small.
 */
interface Account {
  readonly receive: (outcome: Outcome) => void;
  /** The lowest sequence number whose outcome is not yet emitted. */
  next: number;
  /** Outcomes that wait for an earlier one; undefined values are not to be emitted. */
  waiting: Map<number, Outcome | undefined> | undefined;
  /** The last sequence numbers emitted as lost or refused. */
  lost: Set<number> | undefined;
}

/** Turns the lines of one fping process into the outcomes of its probes, each emitted once. */
export class SequenceLedger {
  readonly #accounts: readonly Account[];
  readonly #options: LedgerOptions;
  #sawReply = false;
  /**
   * When the first request that was answered was sent: what was lost before it may not have been
   * received by fping.
   */
  #repliesSinceSeconds = Infinity;
  #highest = -1;
  #nowSeconds = 0;
  /** When each sequence number was first seen on any target, oldest first. */
  #firstSeen: { sequence: number; atSeconds: number }[] = [];
  /**
   * What is missing below this number is unknown, not refused: it was sent before the first reply,
   * or its line may have been one that could not be read.
   */
  #unknownBelow = 0;

  /** Expects the first sequence number of each target. */
  constructor(options: LedgerOptions) {
    this.#options = options;
    this.#accounts = options.receivers.map((receive) => ({
      receive,
      next: 0,
      waiting: undefined,
      lost: undefined,
    }));
  }

  /** Whether this process has received any reply, and so can measure at all. */
  get sawReply(): boolean {
    return this.#sawReply;
  }

  /**
   * Takes one line; false when it cannot be fping's: a target that was not given to this process,
   * or a sequence number that cannot be reached yet.
   */
  record(line: OutcomeLine): boolean {
    const account = this.#accounts[line.target];
    if (account === undefined || line.sequence > this.#highest + maxAhead) return false;
    this.#advanceTime(line);
    if (line.kind === "reply" && !this.#sawReply) this.#noteReply(line.atSeconds - line.rttSeconds);
    const outcome = this.#outcomeOf(line);
    if (line.sequence < account.next) {
      this.#recordAgain(line, account);
    } else if (line.sequence === account.next && account.waiting === undefined) {
      account.next++;
      this.#emit(line.sequence, outcome, account);
    } else {
      this.#recordAhead(line, outcome, account);
    }
    return true;
  }

  /**
   * Emits as refused what should have had its line by now. All targets go through the same
   * sequence in the same rounds, so that a number is past everywhere once the number two above it
   * was seen anywhere. To be called after each slice of lines.
   */
  settle(): void {
    const due = this.#nowSeconds - this.#options.timeoutSeconds - graceSeconds;
    let settled: { sequence: number; atSeconds: number } | undefined;
    while (this.#firstSeen[0] !== undefined && this.#firstSeen[0].atSeconds <= due) {
      settled = this.#firstSeen.shift();
    }
    if (settled === undefined) return;
    // A process without any reply may be unable to receive: nothing is emitted; what waits for a
    // gap is dropped.
    const { atSeconds: sentAtSeconds } = settled;
    const missing: Outcome | undefined = this.#sawReply
      ? { kind: "refused", sentAtSeconds }
      : undefined;
    for (const account of this.#accounts) {
      while (account.next <= settled.sequence - 2) this.#emitNext(account, missing);
      this.#emitWaiting(account);
    }
  }

  /**
   * A line could not be read: it may be that of any probe under way, so that none of those is
   * refused for want of a line.
   */
  recordUnreadable(): void {
    this.#unknownBelow = Math.max(this.#unknownBelow, this.#highest + 2);
  }

  /** Emits the outcomes that are known but wait for earlier ones, which stay unknown. */
  close(): void {
    for (const account of this.#accounts) {
      const waiting = [...account.waiting ?? []].sort(([a], [b]) => a - b);
      account.waiting = undefined;
      for (const [sequence, outcome] of waiting) this.#emit(sequence, outcome, account);
    }
  }

  #advanceTime(line: OutcomeLine): void {
    this.#nowSeconds = Math.max(this.#nowSeconds, line.atSeconds);
    if (line.sequence <= this.#highest) return;
    this.#highest = line.sequence;
    this.#firstSeen.push({ sequence: line.sequence, atSeconds: this.#nowSeconds });
  }

  #noteReply(sinceSeconds: number): void {
    this.#sawReply = true;
    this.#repliesSinceSeconds = sinceSeconds - clockDigitsSeconds;
    this.#unknownBelow = Math.max(this.#unknownBelow, this.#highest);
  }

  /**
   * Nothing is emitted before the first reply: the process may be unable to receive, which
   * is not loss.
   */
  #outcomeOf(line: OutcomeLine): Outcome | undefined {
    if (!this.#sawReply) return undefined;
    if (line.kind === "timeout") {
      const sentAtSeconds = line.atSeconds - this.#options.timeoutSeconds;
      return sentAtSeconds < this.#repliesSinceSeconds
        ? undefined
        : { kind: "lost", sentAtSeconds };
    }
    const { rttSeconds } = line;
    return { kind: "reply", rttSeconds, sentAtSeconds: line.atSeconds - rttSeconds };
  }

  /** What was not emitted, since it came before the first reply, has no duplicate either. */
  #recordAgain(line: OutcomeLine, account: Account): void {
    if (line.kind === "timeout") return;
    if (account.lost?.delete(line.sequence)) {
      account.receive({ kind: "late_reply", rttSeconds: line.rttSeconds });
    } else if (line.sequence >= this.#unknownBelow) {
      account.receive({ kind: "duplicate" });
    }
  }

  #recordAhead(line: OutcomeLine, outcome: Outcome | undefined, account: Account): void {
    account.waiting ??= new Map();
    const known = account.waiting.get(line.sequence);
    if (known?.kind === "reply") {
      if (line.kind === "reply") account.receive({ kind: "duplicate" });
    } else {
      account.waiting.set(line.sequence, outcome);
    }
    this.#emitWaiting(account);
  }

  #emitWaiting(account: Account): void {
    while (account.waiting?.has(account.next)) this.#emitNext(account, undefined);
  }

  /** Emits the next number: what waits for it, or else the given outcome. */
  #emitNext(account: Account, missing: Outcome | undefined): void {
    const sequence = account.next++;
    const { waiting } = account;
    const isWaiting = waiting?.has(sequence) ?? false;
    const outcome = isWaiting ? waiting?.get(sequence) : missing;
    if (waiting?.delete(sequence) && waiting.size === 0) account.waiting = undefined;
    if (!isWaiting && sequence < this.#unknownBelow) return;
    this.#emit(sequence, outcome, account);
  }

  #emit(sequence: number, outcome: Outcome | undefined, account: Account): void {
    if (outcome === undefined) return;
    if (outcome.kind === "lost" || outcome.kind === "refused") {
      account.lost ??= new Set();
      account.lost.add(sequence);
      if (account.lost.size > rememberedLosses) {
        account.lost.delete(account.lost.values().next().value ?? -1);
      }
    }
    account.receive(outcome);
  }
}
