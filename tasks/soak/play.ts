/** The soak: step after step, with the agents read around each and diagnosed during it. @module */

import { namesOf } from "../../src/diagnosis/report.ts";
import type { Verdict, VerdictReport } from "../../src/diagnosis/report.ts";
import type { Clock } from "../../src/platform/clock.ts";
import { comparePairs } from "./comparison.ts";
import type { ComparedPair } from "./comparison.ts";
import { tracksOf } from "./expectation.ts";
import type { LossWindow } from "./expectation.ts";
import { compareMemory } from "./memory.ts";
import type { ComparedMemory, MemorySample } from "./memory.ts";
import type { Observer } from "./observer.ts";
import { describeStep } from "./schedule.ts";
import type { PlannedStep, Step } from "./schedule.ts";
import type { Stage } from "./stage.ts";
import { errorMessage } from "../../src/platform/terminal.ts";

/** What a soak is played with. */
export interface PlaySettings {
  readonly schedule: readonly PlannedStep[];
  /** The last reading is taken no sooner than this after the start. */
  readonly durationSeconds: number;
  readonly stage: Stage;
  readonly observer: Observer;
  /** What `nodeping diagnose` says of the next seconds. */
  readonly diagnose: () => Promise<VerdictReport>;
  readonly periodSeconds: number;
  readonly clock: Clock;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

/** A step that was played, and what diagnose said meanwhile. */
export interface PlayedStep extends PlannedStep {
  readonly beganSeconds: number;
  readonly tookSeconds: number;
  readonly said: string;
  /** Whether diagnose named what was done, and nothing else. */
  readonly isNamed: boolean;
}

/** How often an agent was started again, and how often it should have been. */
export interface ComparedRestarts {
  readonly node: string;
  readonly restarts: number;
  readonly expected: number;
}

/** The whole result. */
export interface SoakResult {
  readonly nodes: readonly string[];
  readonly tookSeconds: number;
  readonly steps: readonly PlayedStep[];
  readonly pairs: readonly ComparedPair[];
  readonly memory: readonly ComparedMemory[];
  readonly memorySamples: readonly MemorySample[];
  readonly restarts: readonly ComparedRestarts[];
}

/** So long after a fault was made or mended, probes that it touched have been counted. */
const countedSeconds = 3;

/** Plays the schedule and compares what was counted with what was done. */
export async function playSoak(settings: PlaySettings): Promise<SoakResult> {
  const { schedule, stage, observer, clock, say } = settings;
  const startMs = clock.monotonicMs();
  const elapsed = () => (clock.monotonicMs() - startMs) / 1000;
  const found = [...stage.nodes];
  const before = new Map(found.map((node) => [node, observer.restartsOf(node) ?? 0]));
  const steps: PlayedStep[] = [];
  const windows: LossWindow[] = [];
  for (const planned of schedule) {
    await clock.sleep(Math.max(0, planned.atSeconds - elapsed()) * 1000, settings.signal);
    const beganSeconds = elapsed();
    const { step, loss } = await playStep(planned, settings);
    windows.push(...loss);
    const played = { ...planned, ...step, beganSeconds, tookSeconds: elapsed() - beganSeconds };
    steps.push(played);
    say(stepLine(played));
  }
  await clock.sleep(Math.max(0, settings.durationSeconds - elapsed()) * 1000, settings.signal);
  const nodes = [...stage.nodes];
  await observer.read(nodes);
  const changes = schedule.filter(({ step }) => step.kind === "join" || step.kind === "leave");
  return {
    nodes,
    tookSeconds: elapsed(),
    steps,
    pairs: comparePairs({
      nodes,
      tracks: tracksOf(observer.readings),
      windows,
      pace: { periodSeconds: settings.periodSeconds, listChanges: changes.length },
    }),
    memory: compareMemory(nodes, observer.samples),
    memorySamples: observer.samples,
    restarts: nodes.map((node) => ({
      node,
      restarts: (observer.restartsOf(node) ?? 0) - (before.get(node) ?? 0),
      expected: schedule.filter(({ step }) => step.kind === "die" && step.node === node).length,
    })),
  };
}

async function playStep(
  { step }: PlannedStep,
  settings: PlaySettings,
): Promise<{ step: Pick<PlayedStep, "said" | "isNamed">; loss: readonly LossWindow[] }> {
  const { stage, observer, diagnose, clock, signal } = settings;
  await observer.read(stage.nodes);
  const { windows, seen } = await stage.play(step, async () => {
    await clock.sleep(countedSeconds * 1000, signal);
    try {
      const { verdicts } = await diagnose();
      return { said: sayVerdicts(verdicts), isNamed: isNamed(step, verdicts) };
    } catch (error) {
      signal.throwIfAborted();
      return { said: errorMessage(error), isNamed: false };
    }
  });
  await clock.sleep(countedSeconds * 1000, signal);
  await observer.read(stage.nodes);
  return { step: seen, loss: windows };
}

const columns = [8, 36, 8, 40] as const;

/** The head of the lines that {@linkcode stepLine} makes. */
export function stepHead(): string {
  return lineOf("at", "what was done", "took", "what diagnose said", "named");
}

function stepLine({ step, beganSeconds, tookSeconds, said, isNamed }: PlayedStep): string {
  const [began, took] = [beganSeconds, tookSeconds].map((seconds) => `${seconds.toFixed(0)} s`);
  return lineOf(began ?? "", describeStep(step), took ?? "", said, isNamed ? "yes" : "NO");
}

function lineOf(...cells: readonly string[]): string {
  return `  ${cells.map((cell, index) => cell.padEnd(columns[index] ?? 0)).join("").trimEnd()}`;
}

/** Whom a verdict names. */
interface Named {
  readonly kind: string;
  readonly names: readonly string[];
}

/** Verdicts as one line. */
export function sayVerdicts(verdicts: readonly Verdict[]): string {
  if (verdicts.length === 0) return "no fault";
  return verdicts.map((verdict) => {
    const { kind, names } = namedBy(verdict);
    const what = verdict.kind === "mtu"
      ? `${verdict.bytes.passes} bytes pass`
      : `${Math.round(100 * verdict.loss)} %`;
    return `${kind} ${names.join(" - ")} (${what})`;
  }).join(", ");
}

/** Whether the verdicts name what was done, and nothing else. */
export function isNamed(step: Step, verdicts: readonly Verdict[]): boolean {
  const said = verdicts.map(namedBy);
  return rightAnswers(step).some((answer) => JSON.stringify(answer) === JSON.stringify(said));
}

function namedBy(verdict: Verdict): Named {
  const names = namesOf(verdict);
  return { kind: verdict.kind, names };
}

function rightAnswers(step: Step): readonly (readonly Named[])[] {
  switch (step.kind) {
    case "quiet":
    case "join":
      return [[]];
    case "leave":
      // A node that is gone is a dead one until the agents have the new list.
      return [[], [{ kind: "node", names: [step.node] }]];
    case "die":
    case "isolate":
      return [[{ kind: "node", names: [step.node] }]];
    case "mtu":
      return [[{ kind: "mtu", names: [...step.nodes].sort() }]];
    default:
      return [[{ kind: "link", names: [...step.nodes].sort() }]];
  }
}
