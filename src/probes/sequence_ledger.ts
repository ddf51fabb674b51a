/**
 * Accounts for every sequence number of one fping process.
 *
 * fping prints a line for a reply and for a timeout, and nothing for a request that the kernel
 * refused to send; its sequence number is just missing. So what was sent is told by the sequence
 * numbers, not by the lines.
 *
 * @module
 */

import type { ProbeLine } from "../fping/output.ts";
import type { Outcome } from "./outcome.ts";

/** Settings of a {@linkcode SequenceLedger}. */
export interface LedgerOptions {
  readonly targets: readonly string[];
  readonly timeoutSeconds: number;
  /** Receives the outcomes of each target in the order of their sequence. */
  readonly emit: (target: string, outcome: Outcome) => void;
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

interface Account {
  /** The lowest sequence number whose outcome is not yet told. */
  next: number;
  /** Outcomes that wait for an earlier one; undefined values are not to be told. */
  readonly waiting: Map<number, Outcome | undefined>;
  /** The last sequence numbers told as lost or refused. */
  readonly lost: Set<number>;
}

/** Turns the lines of one fping process into the outcomes of its probes, each told once. */
export class SequenceLedger {
  readonly #accounts: ReadonlyMap<string, Account>;
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

  constructor(options: LedgerOptions) {
    this.#options = options;
    this.#accounts = new Map(
      options.targets.map((
        target,
      ) => [target, { next: 0, waiting: new Map(), lost: new Set() } satisfies Account]),
    );
  }

  /** Whether this process has received any reply, and so can measure at all. */
  get proven(): boolean {
    return this.#proven;
  }

  /**
   * Takes one line; false when it cannot be fping's: it names a target that was not given to this
   * process, or a sequence number that cannot be reached yet.
   */
  record(line: OutcomeLine): boolean {
    const account = this.#accounts.get(line.target);
    if (account === undefined || line.sequence > this.#highest + furthestAhead) return false;
    this.#advanceTime(line);
    if (line.kind === "reply" && !this.#proven) this.#prove(line.atSeconds - line.rttSeconds);
    const outcome = this.#outcomeOf(line);
    if (line.sequence < account.next) {
      this.#recordAgain(line, account);
    } else if (line.sequence === account.next && account.waiting.size === 0) {
      account.next++;
      this.#tell(line.target, line.sequence, outcome, account);
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
    if (!this.#proven || settled === undefined) return;
    for (const [target, account] of this.#accounts) {
      while (account.next <= settled.sequence - 2) {
        this.#tellNext(target, account, { kind: "refused", sentAtSeconds: settled.atSeconds });
      }
      this.#tellWaiting(target, account);
    }
  }

  /** Tells the outcomes that are known but wait for earlier ones, which stay unknown. */
  close(): void {
    for (const [target, account] of this.#accounts) {
      for (const sequence of [...account.waiting.keys()].sort((a, b) => a - b)) {
        this.#tell(target, sequence, account.waiting.get(sequence), account);
      }
      account.waiting.clear();
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
    if (account.lost.delete(line.sequence)) {
      this.#options.emit(line.target, { kind: "late_line", rttSeconds: line.rttSeconds });
    } else if (line.sequence >= this.#unprovenBelow) {
      this.#options.emit(line.target, { kind: "duplicate" });
    }
  }

  #recordAhead(line: OutcomeLine, outcome: Outcome | undefined, account: Account): void {
    const known = account.waiting.get(line.sequence);
    if (known?.kind === "reply") {
      if (line.kind === "reply") this.#options.emit(line.target, { kind: "duplicate" });
    } else {
      account.waiting.set(line.sequence, outcome);
    }
    this.#tellWaiting(line.target, account);
  }

  #tellWaiting(target: string, account: Account): void {
    while (account.waiting.has(account.next)) this.#tellNext(target, account, undefined);
  }

  /** Tells the next number: what waits for it, or else the given outcome. */
  #tellNext(target: string, account: Account, missing: Outcome | undefined): void {
    const sequence = account.next++;
    const isWaiting = account.waiting.has(sequence);
    const outcome = isWaiting ? account.waiting.get(sequence) : missing;
    account.waiting.delete(sequence);
    if (!isWaiting && sequence < this.#unprovenBelow) return;
    this.#tell(target, sequence, outcome, account);
  }

  #tell(target: string, sequence: number, outcome: Outcome | undefined, account: Account): void {
    if (outcome === undefined) return;
    if (outcome.kind === "lost" || outcome.kind === "refused") {
      account.lost.add(sequence);
      if (account.lost.size > rememberedLosses) {
        account.lost.delete(account.lost.values().next().value ?? -1);
      }
    }
    this.#options.emit(target, outcome);
  }
}
