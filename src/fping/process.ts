/** One run of fping: its lines become outcomes, until it ends, is stopped or cannot be trusted. @module */

import { fpingArgs } from "./arguments.ts";
import type { FpingFeatures, FpingPlan, ProbeSettings } from "./arguments.ts";
import { SequenceLedger } from "./ledger.ts";
import type { Outcome, OutcomeLine } from "./ledger.ts";
import { ErrorOutput, lineFeed, lineSlices, ProbeLineReader } from "./output.ts";
import type { IcmpErrorType, ProbeLine } from "./output.ts";
import { ClockGuard, Watchdog } from "./watchdog.ts";
import type { Clock } from "../platform/clock.ts";
import type { Child, ExitStatus, Spawn } from "../platform/process.ts";

/** Values of the label `reason` of nodeping_agent_fping_restarts_total. */
export const fpingRestartReasons = [
  "exited",
  "start_failed",
  "silent",
  "clock_step",
  "wrong_source",
] as const;

/** One value of the label `reason` of nodeping_agent_fping_restarts_total. */
export type FpingRestartReason = typeof fpingRestartReasons[number];

/** Receives what fping reports. */
export interface FpingSink {
  /** What receives the outcomes of a target, each with the monotonic time at which it was read. */
  readonly outcomesOf: (target: string) => (outcome: Outcome, readAtMs: number) => void;
  /** An ICMP error came back for a target. */
  readonly icmpError: (target: string, type: IcmpErrorType) => void;
  /** Another address answered: the ICMP identifier is shared. */
  readonly wrongSource: (address: string) => void;
  /** A line that is none of fping's. */
  readonly unparsedLine: (line: string) => void;
  /** Something that fping says for people. */
  readonly message: (text: string) => void;
  /** A run has had no reply at all for a while, not even from the own node; called once a run. */
  readonly noReplies: () => void;
}

/** What a run needs. */
export interface FpingRunOptions {
  /** Path or name of fping. */
  readonly fping: string;
  /** What is probed, and how it is spread. */
  readonly plan: FpingPlan;
  /** Period, timeout and size of the probes. */
  readonly settings: ProbeSettings;
  /** What the installed fping can do. */
  readonly features: FpingFeatures;
  /** Starts fping. */
  readonly spawn: Spawn;
  /** The time. */
  readonly clock: Clock;
  /** What the watchdog looks by, after the lines of a beat have been read. */
  readonly beatClock: Clock;
  /** Waits while a slice of output collects; resolves at once when the signal is aborted. */
  readonly rest: (signal: AbortSignal) => Promise<void>;
  /** Receives what fping says. */
  readonly sink: FpingSink;
  /** Called at the first line that could be read. */
  readonly onOutput: () => void;
  /** Called at the first reply: this process can measure. */
  readonly onReply: () => void;
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

/** Runs fping until it ends, cannot be trusted or the signal is aborted. Never rejects. */
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
  readonly #lines: ProbeLineReader;
  readonly #ledger: SequenceLedger;
  readonly #guard: ClockGuard;
  readonly #finished = new AbortController();
  readonly #watchdog: Watchdog;
  #end: RunEnd | undefined;
  #sawOutput = false;
  /** When the slice under way was read. */
  #readAtMs = 0;
  /** A time stamp beyond it lies in the future: fping's clock is not ours any more. */
  #latestStampSeconds = 0;
  #sawReply = false;
  #lastMessage = "";

  constructor(child: Child, options: FpingRunOptions) {
    this.#child = child;
    this.#options = options;
    this.#guard = new ClockGuard(options.clock);
    this.#watchdog = new Watchdog({
      clock: options.beatClock,
      settings: options.settings,
      onLook: () => this.#checkClock(),
      onSilent: (ms) => this.#finish({ kind: "silent", silentMs: Math.round(ms) }),
      onNoReplies: () => options.sink.noReplies(),
    });
    this.#lines = new ProbeLineReader(options.plan.targets);
    this.#ledger = new SequenceLedger({
      receivers: options.plan.targets.map((target) => {
        const receive = options.sink.outcomesOf(target);
        return (outcome: Outcome) => receive(outcome, this.#readAtMs);
      }),
      timeoutSeconds: options.plan.timeoutMs / 1000,
    });
  }

  async toEnd(signal: AbortSignal): Promise<RunEnd> {
    const stop = () => this.#finish({ kind: "stopped" });
    signal.addEventListener("abort", stop, { once: true });
    const [status] = await Promise.all([
      this.#child.status.finally(() => this.#finished.abort()),
      this.#readLines(),
      this.#readErrors(),
      this.#watchdog.watch(this.#finished.signal),
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
    const rest = () => this.#options.rest(this.#finished.signal);
    for await (const lines of lineSlices(this.#child.stdout, rest)) {
      this.#checkClock();
      if (this.#untrusted()) continue;
      this.#readAtMs = this.#options.clock.monotonicMs();
      this.#latestStampSeconds = this.#guard.latestStampSeconds();
      if (this.#readBatch(lines)) this.#watchdog.output(this.#readAtMs);
      this.#ledger.settle();
    }
  }

  /** Whether any line could be read. */
  #readBatch(bytes: Uint8Array): boolean {
    let readable = false;
    for (let begin = 0, end; begin < bytes.length; begin = end + 1) {
      if (this.#untrusted()) return readable;
      const feed = bytes.indexOf(lineFeed, begin);
      end = feed < 0 ? bytes.length : feed;
      const line = this.#lines.read(bytes, begin, end);
      if (line !== undefined && this.#record(line)) readable = true;
      else if (this.#end === undefined) {
        this.#unreadable(new TextDecoder().decode(bytes.subarray(begin, end)));
      }
    }
    return readable;
  }

  #unreadable(line: string): void {
    this.#ledger.recordUnreadable();
    this.#options.sink.unparsedLine(line);
  }

  #record(line: ProbeLine): boolean {
    if (line.kind === "clock_step" || line.atSeconds > this.#latestStampSeconds) {
      this.#finish({ kind: "clock_step" });
      return false;
    }
    if (!this.#ledger.record(this.#inTime(line))) return false;
    if (!this.#sawOutput) this.#options.onOutput();
    this.#sawOutput = true;
    if (!this.#sawReply && this.#ledger.sawReply) this.#noteReply();
    return true;
  }

  /** Where fping waits longer than it should, what comes after the timeout is lost all the same. */
  #inTime(line: OutcomeLine): OutcomeLine {
    const { plan, settings } = this.#options;
    if (plan.timeoutMs <= settings.timeoutMs || line.kind === "timeout") return line;
    const { target, sequence, atSeconds, rttSeconds } = line;
    if (1000 * rttSeconds <= settings.timeoutMs) return line;
    const timedOutSeconds = atSeconds - rttSeconds + plan.timeoutMs / 1000;
    return { kind: "timeout", target, sequence, atSeconds: timedOutSeconds };
  }

  #noteReply(): void {
    this.#sawReply = true;
    this.#watchdog.reply();
    this.#options.onReply();
  }

  async #readErrors(): Promise<void> {
    const output = new ErrorOutput();
    const decoder = new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>;
    for await (const text of this.#child.stderr.pipeThrough(decoder)) {
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

  #checkClock(): void {
    const stepMs = this.#guard.stepMs();
    if (stepMs !== 0) this.#finish({ kind: "clock_step", stepMs: Math.round(stepMs) });
  }

  /** Lines that a run left behind count, unless the reason of its end makes them untrustworthy. */
  #untrusted(): boolean {
    return this.#end?.kind === "clock_step" || this.#end?.kind === "wrong_source";
  }
}
