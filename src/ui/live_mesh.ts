/** Reads the mesh again and again, and keeps what the page shows: it goes on whatever fails. @module */

import type { Agent, AgentReading, AgentSource, ReadableAgent } from "../mesh/agents.ts";
import { answerTimeoutMs, readOnce } from "../mesh/agents.ts";
import { agentProblems } from "../mesh/mesh.ts";
import type { SourceReport } from "../mesh/source_report.ts";
import { diagnose } from "../diagnosis/diagnose.ts";
import type { Diagnosis } from "../diagnosis/report.ts";
import { filePage, pageData } from "../matrix/html.ts";
import type { PageData } from "../matrix/html.ts";
import { TimeLimitError, valueWithin, within } from "../platform/clock.ts";
import type { Clock } from "../platform/clock.ts";
import { printableMessage } from "../platform/terminal.ts";
import { changesBetween } from "./page/changes.ts";
import type { PageChanges } from "./page/changes.ts";
import { Recorder } from "./recorder.ts";
import type { LiveView } from "./server.ts";
import { shortWindowMs, VerdictLog } from "./verdict_log.ts";
import type { CurrentVerdict } from "./verdict_log.ts";

/** One reading, of whatever source. */
export interface LiveReading extends Pick<AgentReading, "reports" | "missing"> {
  /** In words. */
  readonly problems: readonly string[];
  /** Names of the cluster's nodes; absent where nobody could say, or need not. */
  readonly nodeNames?: readonly string[];
  /** What was counted an interval before, where the first reading is of a window and not of totals. */
  readonly before?: readonly SourceReport[];
}

/** Reads everything once. */
export type LiveReader = (signal: AbortSignal) => Promise<LiveReading>;

/** What the live mesh is given. */
export interface LiveMeshDeps {
  /** Reads once; what it throws is shown, and it is called again. */
  readonly read: LiveReader;
  /** For people: whose agents. */
  readonly title: string;
  /** Time from the begin of one reading to the next. */
  readonly intervalMs: number;
  /** What the time is measured by. */
  readonly clock: Clock;
  /** Shows a failure to who started the program, once. */
  readonly warn: (message: string) => void;
  /** Called with what is to be sent to the pages. */
  readonly send: (event: "mesh" | "trouble", json: string) => void;
}

/** After failures the wait grows to this. */
const maxWaitMs = 10_000;

/** The mesh as it is now, and its last minutes. */
export class LiveMesh implements LiveView {
  readonly #deps: LiveMeshDeps;
  readonly #recorder: Recorder;
  readonly #log = new VerdictLog();
  /** What held, and what else was wrong, at each kept reading. */
  readonly #saidAt = new Map<number, {
    readonly verdicts: readonly CurrentVerdict[];
    readonly problems: readonly string[];
  }>();
  #shown: PageData | undefined;
  /** The reading before it. */
  #before: PageData | undefined;
  /** Texts of what is shown, made when the first page asks. */
  readonly #texts = new Map<"whole" | "changes", string>();
  #trouble: string | undefined;

  /** Reads nothing until it {@linkcode run}s. */
  constructor(deps: LiveMeshDeps) {
    this.#deps = deps;
    this.#recorder = new Recorder(deps.intervalMs);
  }

  /** Reads until the signal is aborted; a reading that fails is followed by another. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, intervalMs } = this.#deps;
    let failures = 0;
    while (!signal.aborted) {
      const startMs = clock.monotonicMs();
      try {
        await this.#readOnce(signal);
        failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        failures++;
        const message = printableMessage(error);
        if (failures === 1) this.#deps.warn(message);
        this.#trouble = JSON.stringify({ message });
        this.#deps.send("trouble", this.#trouble);
      }
      const waitMs = Math.min(intervalMs * 2 ** failures, Math.max(intervalMs, maxWaitMs));
      const leftMs = waitMs - (clock.monotonicMs() - startMs);
      await clock.sleep(Math.max(50, leftMs), signal).catch(() => undefined);
    }
  }

  async #readOnce(signal: AbortSignal): Promise<void> {
    const { clock, intervalMs, read } = this.#deps;
    const { problems, before, ...reading } = await read(signal);
    const [atMs, monotonicMs] = [clock.wallMs(), clock.monotonicMs()];
    if (before !== undefined) {
      const beforeMs = { atMs: atMs - intervalMs, monotonicMs: monotonicMs - intervalMs };
      this.#recorder.add({ ...reading, ...beforeMs, reports: before });
    }
    this.#recorder.add({ ...reading, atMs, monotonicMs });
    this.#trouble = undefined;
    // The first totals begin the counting: there is nothing to say yet.
    if (this.#recorder.times.length < 2) return;
    this.#log.update(this.#recorder, atMs);
    this.#saidAt.set(atMs, { verdicts: this.#log.current, problems });
    const [oldest = 0] = this.#recorder.times;
    for (const moment of this.#saidAt.keys()) {
      if (moment < oldest) this.#saidAt.delete(moment);
    }
    this.#before = this.#shown;
    this.#shown = this.#data(atMs, this.#log.widest, undefined);
    this.#texts.clear();
    this.#deps.send("mesh", this.event() ?? "");
  }

  #data(atMs: number, diagnosis: Diagnosis | undefined, untilMs: number | undefined): PageData {
    const mesh = this.#recorder.window(shortWindowMs, untilMs === undefined ? {} : { untilMs });
    const windowMs = this.#recorder.windowMs(shortWindowMs, untilMs);
    const said = this.#saidAt.get(atMs) ?? { verdicts: this.#log.current, problems: [] };
    return pageData(mesh, diagnosis ?? diagnose(mesh), {
      ...{ at: atMs, title: this.#deps.title, intervalMs: this.#deps.intervalMs, ...said },
      windowSeconds: Math.round(windowMs / 100) / 10,
      history: this.#log.spans,
      moments: this.#recorder.times.slice(1),
    });
  }

  /** What is wrong with reading now, as JSON; undefined when nothing is. */
  readonly trouble = (): string | undefined => this.#trouble;

  /** The newest data; undefined before the second reading. */
  readonly json = (): string | undefined => {
    const shown = this.#shown;
    return shown && this.#text("whole", () => shown);
  };

  /** The event of the newest reading. */
  readonly event = (): string | undefined => this.#shown && JSON.stringify({ at: this.#shown.at });

  /** What is new since a reading: changes where it is one of the two newest, else all. */
  readonly changes = (sinceMs: number): string | undefined => {
    const [before, shown] = [this.#before, this.#shown];
    if (shown?.at === sinceMs) return JSON.stringify(changesBetween(shown, shown));
    if (before === undefined || shown === undefined || before.at !== sinceMs) return this.json();
    return this.#text("changes", () => changesBetween(before, shown));
  };

  #text(what: "whole" | "changes", make: () => PageData | PageChanges): string {
    const text = this.#texts.get(what) ?? JSON.stringify(make());
    this.#texts.set(what, text);
    return text;
  }

  /** The data of the kept reading next before a moment. */
  readonly jsonAt = (atMs: number): string | undefined => {
    const data = this.#dataAt(atMs);
    return data && JSON.stringify(data);
  };

  /** The last minutes of both directions. */
  readonly traces = (source: string, destination: string): string =>
    JSON.stringify({
      there: this.#recorder.trace(source, destination),
      back: this.#recorder.trace(destination, source),
    });

  /** The page as one file. */
  readonly file = (atMs: number | undefined): string | undefined => {
    const data = atMs === undefined ? this.#shown : this.#dataAt(atMs);
    return data && filePage(data);
  };

  /** The kept reading next before the moment. */
  #dataAt(atMs: number): PageData | undefined {
    const moment = this.#recorder.times.slice(1).findLast((time) => time <= atMs) ??
      this.#recorder.times[1];
    if (moment === undefined || Number.isNaN(atMs)) return this.#shown;
    return this.#data(moment, undefined, moment);
  }
}

/** Reads agents; lists them anew every 30 s, and after a failure, since pods come and go. */
export function agentsReader(
  open: () => Promise<AgentSource>,
  clock: Clock,
  intervalMs: number = 2000,
): LiveReader {
  let source: AgentSource | undefined;
  let agents: readonly Agent[] = [];
  let listedMs = -Infinity;
  /** Those without a report when the agents were last listed. */
  let missed: ReadonlySet<string> = new Set();
  const withTextfileFailures = textfileWatch(clock);
  let nodes: NamedNodes | undefined;
  let known = new Map<string, ReadableAgent>();
  return async (signal) => {
    try {
      source ??= await open();
      const ageMs = clock.monotonicMs() - listedMs;
      const isListed = ageMs > (missed.size === 0 ? listEveryMs : listMissedEveryMs);
      if (isListed) {
        agents = (await source.list(signal)).map((agent) =>
          "reason" in agent || intervalMs > answerTimeoutMs
            ? agent
            : known.get(agent.id) ?? withPatience(agent, clock)
        );
        known = new Map(agents.flatMap((one) => "reason" in one ? [] : [[one.id, one]]));
        listedMs = clock.monotonicMs();
      }
      const { reports, missing } = await readOnce(agents, () => {}, signal);
      const [first] = missing;
      // What is between all agents and this machine failed: the mesh that was read last is what is known.
      if (reports.length === 0 && first !== undefined) {
        const what = missing.length === 1
          ? "The agent cannot be read"
          : `None of ${missing.length} agents can be read`;
        throw new Error(`${what}: ${first.reason}`);
      }
      if (isListed) missed = new Set(missing.map((one) => one.source));
      // A pod that was replaced has another name: look for it at once.
      else if (missing.some((one) => !missed.has(one.source))) listedMs = -Infinity;
      nodes = await nodesFor(silentNodes(reports), { source, clock, known: nodes }, signal);
      const problems = agentProblems(withTextfileFailures(reports));
      return { reports, missing, problems, ...(nodes ? { nodeNames: nodes.names } : {}) };
    } catch (error) {
      // Its connection, its token or its address may be what failed.
      source?.[Symbol.dispose]();
      source = undefined;
      listedMs = -Infinity;
      known.clear();
      throw error;
    }
  };
}

const listEveryMs = 30_000;
/** Of 1,000 nodes one is always without an agent that answers: that is no reason to list all each time. */
const listMissedEveryMs = 10_000;

/** A request to an agent, which may go on over more than one reading. */
interface Question {
  readonly startMs: number;
  readonly answer: Promise<string>;
  /** Set once it has an answer, and took longer than a reading waits for it. */
  isSlow: boolean;
}

/** What was asked before that, as before a laptop slept, says nothing of now. */
const lateForMs = 2 * answerTimeoutMs;

/**
 * An agent that holds up a reading for so long at most. What it was asked goes on, and its answer is
 * taken in the next reading; while it is so slow, it is asked at once for the one after.
 */
export function withPatience(
  agent: ReadableAgent,
  clock: Clock,
  patienceMs: number = 2000,
): ReadableAgent {
  let late: Question | undefined;
  const ask = (query: string, signal: AbortSignal): Question => {
    const startMs = clock.monotonicMs();
    const answer = within(answerTimeoutMs, signal, (limited) => agent.metrics(query, limited));
    const question = { startMs, answer, isSlow: false };
    const settle = () => question.isSlow = clock.monotonicMs() - startMs > patienceMs;
    answer.then(settle, settle);
    return question;
  };
  return {
    ...agent,
    metrics: async (query, signal) => {
      const isOfNow = late !== undefined && clock.monotonicMs() - late.startMs < lateForMs;
      const question = late !== undefined && isOfNow ? late : ask(query, signal);
      late = undefined;
      const text = await valueWithin(patienceMs, question.answer)
        .finally(() => late = question.isSlow ? ask(query, signal) : undefined);
      if (text !== undefined) return text;
      late = question;
      throw new TimeLimitError(patienceMs);
    },
  };
}

/** So long after a failed write the page says so: it must be there to be read. */
const textfileFailureMs = 30_000;

/** Marks the reports of agents that lately failed to write their textfiles, by how their counter rose. */
function textfileWatch(
  clock: Clock,
): (reports: readonly SourceReport[]) => readonly SourceReport[] {
  const known = new Map<string, { readonly errors: number; readonly failedMs: number }>();
  return (reports) => {
    const nowMs = clock.monotonicMs();
    return reports.map((report) => {
      const { source, textfileErrors: errors = 0 } = report;
      const before = known.get(source) ?? { errors, failedMs: -Infinity };
      const failedMs = errors > before.errors ? nowMs : before.failedMs;
      known.set(source, { errors, failedMs });
      return nowMs - failedMs < textfileFailureMs ? { ...report, textfileFails: true } : report;
    });
  };
}

/** Who the nodes are matters only where nodes are silent; it is asked no more often than this. */
const nodesEveryMs = 60_000;

/** Which nodes the cluster has, and for whose sake that was asked. */
interface NamedNodes {
  readonly names: readonly string[];
  readonly askedFor: ReadonlySet<string>;
  readonly atMs: number;
}

/** Nodes that are probed, and that no report came from. */
function silentNodes(reports: readonly SourceReport[]): ReadonlySet<string> {
  const reporting = new Set(reports.map(({ source }) => source));
  const silent = new Set<string>();
  for (const { totals } of reports) {
    for (const { kind, destination } of totals) {
      if (kind === "node" && !reporting.has(destination)) silent.add(destination);
    }
  }
  return silent;
}

/** Lists the nodes where some are silent: from time to time, and at once for one that just fell silent. */
async function nodesFor(
  silent: ReadonlySet<string>,
  { source, clock, known }: {
    readonly source: AgentSource;
    readonly clock: Clock;
    readonly known: NamedNodes | undefined;
  },
  signal: AbortSignal,
): Promise<NamedNodes | undefined> {
  if (silent.size === 0 || source.nodeNames === undefined) return known;
  const atMs = clock.monotonicMs();
  const isRecent = known !== undefined && atMs - known.atMs < nodesEveryMs;
  if (isRecent && [...silent].every((name) => known.askedFor.has(name))) return known;
  const names = await source.nodeNames(signal);
  // No answer takes back no former one.
  return { names: names.length > 0 ? names : known?.names ?? [], askedFor: silent, atMs };
}
