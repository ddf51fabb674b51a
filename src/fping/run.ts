/** One run of one fping process, from its start to its end. @module */

import type { IcmpErrorType } from "../metrics/families.ts";
import type { Outcome } from "../probes/outcome.ts";
import { SequenceLedger } from "../probes/sequence_ledger.ts";
import type { Clock } from "../shell/clock.ts";
import type { Child, ExitStatus, Spawn } from "../shell/spawn.ts";
import { ClockGuard } from "./clock_guard.ts";
import { ErrorOutput } from "./error_output.ts";
import type { FpingFeatures } from "./features.ts";
import { parseProbeLine } from "./output.ts";
import { fpingArgs } from "./plan.ts";
import type { FpingPlan, ProbeSettings } from "./plan.ts";
import { sliceMs, textSlices } from "./text_slices.ts";

/** Receives what fping tells. */
export interface FpingSink {
  readonly outcome: (target: string, outcome: Outcome) => void;
  readonly icmpError: (target: string, type: IcmpErrorType) => void;
  readonly wrongSource: (address: string) => void;
  readonly unparsedLine: (line: string) => void;
  /** Something that fping says for people. */
  readonly message: (text: string) => void;
  /** A run has had no reply at all for a while, not even from the own node; told once a run. */
  readonly deaf: () => void;
}

/** What a run needs. */
export interface FpingRunOptions {
  readonly fping: string;
  readonly plan: FpingPlan;
  readonly settings: ProbeSettings;
  readonly features: FpingFeatures;
  readonly spawn: Spawn;
  readonly clock: Clock;
  readonly sink: FpingSink;
  /** Called at the first line that could be read. */
  readonly onHeard: () => void;
  /** Called at the first reply: this process can measure. */
  readonly onProven: () => void;
}

/** Why a run ended. */
export type RunEnd =
  /** The signal was aborted. */
  | { readonly kind: "stopped" }
  | { readonly kind: "start_failed"; readonly error: unknown }
  /** fping ended by itself; `message` is the last thing it said. */
  | { readonly kind: "exited"; readonly status: ExitStatus; readonly message: string }
  /** Nothing readable came for longer than fping can be silent. */
  | { readonly kind: "silent"; readonly silentMs: number }
  | { readonly kind: "clock_step"; readonly stepMs?: number }
  /** Somebody else uses the same ICMP identifier: no reply can be trusted. */
  | { readonly kind: "wrong_source"; readonly address: string };

const watchEveryMs = 500;

/** A tick that comes later than this tells that the agent itself stood still. */
const lateMs = 400;

/** Loopback and the own address answer at once: without them for so long, fping cannot hear. */
const deafAfterMs = 5000;

/** fping's lines have about 80 characters; more without a line feed is not fping. */
const longestLine = 4096;

/** Runs fping until it ends, goes astray or the signal is aborted. Never rejects. */
export async function runFping(options: FpingRunOptions, signal: AbortSignal): Promise<RunEnd> {
  if (signal.aborted) return { kind: "stopped" };
  let child: Child;
  try {
    child = options.spawn({
      command: options.fping,
      args: fpingArgs(options.plan, options.settings, options.features),
      input: options.plan.targets.map((target) => `${target}\n`).join(""),
    });
  } catch (error) {
    return { kind: "start_failed", error };
  }
  return await new FpingRun(child, options).toEnd(signal);
}

class FpingRun {
  readonly #child: Child;
  readonly #options: FpingRunOptions;
  readonly #ledger: SequenceLedger;
  readonly #guard: ClockGuard;
  readonly #finished = new AbortController();
  #end: RunEnd | undefined;
  #heardAtMs: number;
  #heard = false;
  /** Whether the slice under way had a line that could be read. */
  #heardNow = false;
  #proven = false;
  #lastMessage = "";
  #deafAtMs: number;

  constructor(child: Child, options: FpingRunOptions) {
    this.#child = child;
    this.#options = options;
    this.#guard = new ClockGuard(options.clock);
    this.#heardAtMs = options.clock.monotonicMs();
    this.#deafAtMs = this.#heardAtMs + deafAfterMs;
    this.#ledger = new SequenceLedger({
      targets: options.plan.targets,
      timeoutSeconds: options.settings.timeoutMs / 1000,
      emit: options.sink.outcome,
    });
  }

  async toEnd(signal: AbortSignal): Promise<RunEnd> {
    const stop = () => this.#finish({ kind: "stopped" });
    signal.addEventListener("abort", stop, { once: true });
    const [status] = await Promise.all([
      this.#child.status.finally(() => this.#finished.abort()),
      this.#readLines(),
      this.#readErrors(),
      this.#watch(),
    ]);
    signal.removeEventListener("abort", stop);
    this.#ledger.close();
    return this.#end ?? { kind: "exited", status, message: this.#lastMessage };
  }

  /** The first reason counts; SIGKILL also ends a frozen fping, and it has nothing to tidy up. */
  #finish(end: RunEnd): void {
    this.#end ??= end;
    this.#finished.abort();
    this.#child.kill("SIGKILL");
  }

  async #readLines(): Promise<void> {
    const { clock, sink, plan, settings } = this.#options;
    const restMs = sliceMs(plan.targets.length * 1000 / settings.periodMs);
    let rest = "";
    for await (
      const text of textSlices(this.#child.stdout, restMs, clock, this.#finished.signal)
    ) {
      this.#checkClock();
      if (this.#isAstray()) continue;
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      if (rest.length > longestLine) {
        lines.push(rest);
        rest = "";
      }
      this.#heardNow = false;
      for (const line of lines) this.#readLine(line);
      if (this.#heardNow) this.#heardAtMs = clock.monotonicMs();
      this.#ledger.settle();
    }
    if (rest !== "" && this.#end === undefined) sink.unparsedLine(rest);
  }

  #readLine(text: string): void {
    if (this.#isAstray()) return;
    const line = parseProbeLine(text);
    if (line === undefined) return this.#options.sink.unparsedLine(text);
    if (line.kind === "clock_step" || this.#guard.isAhead(line.atSeconds)) {
      return this.#finish({ kind: "clock_step" });
    }
    if (!this.#ledger.record(line)) return this.#options.sink.unparsedLine(text);
    this.#heardNow = true;
    if (!this.#heard) this.#options.onHeard();
    this.#heard = true;
    if (!this.#proven && this.#ledger.proven) this.#options.onProven();
    this.#proven = this.#ledger.proven;
  }

  async #readErrors(): Promise<void> {
    const output = new ErrorOutput();
    const { clock } = this.#options;
    for await (const text of textSlices(this.#child.stderr, 0, clock, this.#finished.signal)) {
      for (const notice of output.read(text)) this.#notice(notice);
    }
    for (const notice of output.end()) this.#notice(notice);
  }

  #notice(notice: ReturnType<ErrorOutput["read"]>[number]): void {
    const { sink } = this.#options;
    switch (notice.kind) {
      case "icmp_error":
        return sink.icmpError(notice.target, notice.type);
      case "wrong_source":
        sink.wrongSource(notice.address);
        return this.#finish({ kind: "wrong_source", address: notice.address });
      case "message":
        this.#lastMessage = notice.text;
        return sink.message(notice.text);
    }
  }

  /** A late tick does not count: lines may wait unread. */
  async #watch(): Promise<void> {
    const { clock, settings } = this.#options;
    const limitMs = 2 * settings.periodMs + settings.timeoutMs;
    while (true) {
      const dueMs = clock.monotonicMs() + watchEveryMs;
      try {
        await clock.sleep(watchEveryMs, this.#finished.signal);
      } catch {
        return;
      }
      this.#checkClock();
      const nowMs = clock.monotonicMs();
      const silentMs = nowMs - this.#heardAtMs;
      if (!this.#proven && nowMs > this.#deafAtMs) {
        this.#deafAtMs = Infinity;
        this.#options.sink.deaf();
      }
      if (nowMs - dueMs < lateMs && silentMs > limitMs + lateMs) {
        this.#finish({ kind: "silent", silentMs: Math.round(silentMs) });
      }
    }
  }

  #checkClock(): void {
    const stepMs = this.#guard.stepMs();
    if (stepMs !== 0) this.#finish({ kind: "clock_step", stepMs: Math.round(stepMs) });
  }

  /** Lines that a run left behind count, unless the reason of its end makes them untrue. */
  #isAstray(): boolean {
    return this.#end?.kind === "clock_step" || this.#end?.kind === "wrong_source";
  }
}
