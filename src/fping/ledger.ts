/** What became of a probe. @module */

import type { ProbeLine } from "./output.ts";

/** The outcome of one probe. `sentAtSeconds` is wall time, as near as fping tells. */
export type Outcome =
  /** Answered within the timeout. */
  | { readonly kind: "reply"; readonly rttSeconds: number; readonly sentAtSeconds: number }
  /** Not answered within the timeout. */
  | { readonly kind: "lost"; readonly sentAtSeconds: number }
  /** The kernel refused to send it. */
  | { readonly kind: "refused"; readonly sentAtSeconds: number }
  /** One more answer to a probe already answered. */
  | { readonly kind: "duplicate" }
  /** The answer of a probe already told as lost or refused: the reply wins. */
  | { readonly kind: "late_line"; readonly rttSeconds: number };

/** Settings of a {@linkcode SequenceLedger}. */
export interface LedgerOptions {
  /** For each target what receives its outcomes, in the order of their sequence. */
  readonly receivers: readonly ((outcome: Outcome) => void)[];
  /** After this a probe without an outcome is lost. */
  readonly timeoutSeconds: number;
}

/** A line that tells of one probe's reply or timeout. */
export type OutcomeLine = Exclude<ProbeLine, { kind: "clock_step" }>;

/** How much later than its timeout a probe's line may come before it is taken as never sent. */
const graceSeconds = 1;

/** What fping's time stamps and round-trip times may be off by together. */
const clockDigitsSeconds = 0.001;

/** fping gives out no more sequence numbers at once, over all targets (5.1, seqmap.h). */
const furthestAhead = 65_535;

/** How many told losses are remembered for each target, in case a reply turns up. */
const rememberedLosses = 32;

/** The account of one target; a thousand of them are gone through twice a second, so they are small. */
interface Account {
  readonly receive: (outcome: Outcome) => void;
  /** The lowest sequence number whose outcome is not yet told. */
  next: number;
  /** Outcomes that wait for an earlier one; undefined values are not to be told. */
  waiting: Map<number, Outcome | undefined> | undefined;
  /** The last sequence numbers told as lost or refused. */
  lost: Set<number> | undefined;
}

/** Turns the lines of one fping process into the outcomes of its probes, each told once. */
export class SequenceLedger {
  readonly #accounts: readonly Account[];
  readonly #options: LedgerOptions;
  #proven = false;
  /** When the first request that was answered was sent: what was lost before it, nobody heard. */
  #provenSinceSeconds = Infinity;
  #highest = -1;
  #nowSeconds = 0;
  /** When each sequence number was first seen on any target, oldest first. */
  #firstSeen: { sequence: number; atSeconds: number }[] = [];
  /** Missing numbers below this one belong to the time before the proof. */
  #unprovenBelow = 0;

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
  get proven(): boolean {
    return this.#proven;
  }

  /**
   * Takes one line; false when it cannot be fping's: a target that was not given to this process, or
   * a sequence number that cannot be reached yet.
   */
  record(line: OutcomeLine): boolean {
    const account = this.#accounts[line.target];
    if (account === undefined || line.sequence > this.#highest + furthestAhead) return false;
    this.#advanceTime(line);
    if (line.kind === "reply" && !this.#proven) this.#prove(line.atSeconds - line.rttSeconds);
    const outcome = this.#outcomeOf(line);
    if (line.sequence < account.next) {
      this.#recordAgain(line, account);
    } else if (line.sequence === account.next && account.waiting === undefined) {
      account.next++;
      this.#tell(line.sequence, outcome, account);
    } else {
      this.#recordAhead(line, outcome, account);
    }
    return true;
  }

  /**
   * Tells as refused what should have had its line by now. All targets go through the same
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
    // Of a process that may be deaf nothing is told; what waits for a gap goes all the same.
    const { atSeconds: sentAtSeconds } = settled;
    const missing: Outcome | undefined = this.#proven
      ? { kind: "refused", sentAtSeconds }
      : undefined;
    for (const account of this.#accounts) {
      while (account.next <= settled.sequence - 2) this.#tellNext(account, missing);
      this.#tellWaiting(account);
    }
  }

  /** Tells the outcomes that are known but wait for earlier ones, which stay unknown. */
  close(): void {
    for (const account of this.#accounts) {
      const waiting = [...account.waiting ?? []].sort(([a], [b]) => a - b);
      account.waiting = undefined;
      for (const [sequence, outcome] of waiting) this.#tell(sequence, outcome, account);
    }
  }

  #advanceTime(line: OutcomeLine): void {
    this.#nowSeconds = Math.max(this.#nowSeconds, line.atSeconds);
    if (line.sequence <= this.#highest) return;
    this.#highest = line.sequence;
    this.#firstSeen.push({ sequence: line.sequence, atSeconds: this.#nowSeconds });
  }

  #prove(sinceSeconds: number): void {
    this.#proven = true;
    this.#provenSinceSeconds = sinceSeconds - clockDigitsSeconds;
    this.#unprovenBelow = Math.max(0, this.#highest);
  }

  /** Nothing is told before the proof: the process may be deaf, which is not loss. */
  #outcomeOf(line: OutcomeLine): Outcome | undefined {
    if (!this.#proven) return undefined;
    if (line.kind === "timeout") {
      const sentAtSeconds = line.atSeconds - this.#options.timeoutSeconds;
      return sentAtSeconds < this.#provenSinceSeconds ? undefined : { kind: "lost", sentAtSeconds };
    }
    const { rttSeconds } = line;
    return { kind: "reply", rttSeconds, sentAtSeconds: line.atSeconds - rttSeconds };
  }

  /** What was not told, since it came before the proof, has no second answer either. */
  #recordAgain(line: OutcomeLine, account: Account): void {
    if (line.kind === "timeout") return;
    if (account.lost?.delete(line.sequence)) {
      account.receive({ kind: "late_line", rttSeconds: line.rttSeconds });
    } else if (line.sequence >= this.#unprovenBelow) {
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
    this.#tellWaiting(account);
  }

  #tellWaiting(account: Account): void {
    while (account.waiting?.has(account.next)) this.#tellNext(account, undefined);
  }

  /** Tells the next number: what waits for it, or else the given outcome. */
  #tellNext(account: Account, missing: Outcome | undefined): void {
    const sequence = account.next++;
    const { waiting } = account;
    const isWaiting = waiting?.has(sequence) ?? false;
    const outcome = isWaiting ? waiting?.get(sequence) : missing;
    if (waiting?.delete(sequence) && waiting.size === 0) account.waiting = undefined;
    if (!isWaiting && sequence < this.#unprovenBelow) return;
    this.#tell(sequence, outcome, account);
  }

  #tell(sequence: number, outcome: Outcome | undefined, account: Account): void {
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
