/** Reads the textfiles again and again, and shows the loss of the last seconds. @module */

import { percent } from "../../src/diagnosis/report.ts";
import { families } from "../../src/metrics/families.ts";
import type { Clock } from "../../src/platform/clock.ts";
import type { Samples } from "../../tests/exposition.ts";
import type { AgentProcess } from "../../tests/network/agent_process.ts";
import type { Screen } from "./screen.ts";

/** Length of the window that is shown: ten probes a pair. */
const windowMs = 5000;
const everyMs = 500;

/** What the observer needs. */
export interface ObserverOptions {
  readonly nodes: readonly string[];
  readonly agents: readonly AgentProcess[];
  readonly screen: Screen;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Keeps the readings of the last seconds. */
export class Observer {
  readonly #options: ObserverOptions;
  #readings: { readonly atMs: number; readonly reading: Reading }[] = [];

  constructor(options: ObserverOptions) {
    this.#options = options;
  }

  /** Waits until every pair has an answered probe; the time since the start of the wait, in ms. */
  async untilComplete(): Promise<number> {
    const { nodes, clock, signal } = this.#options;
    const startMs = clock.monotonicMs();
    while (true) {
      const pairs = [...(await this.#read()).values()];
      const counted = pairs.filter(({ received }) => received > 0).length;
      if (counted === nodes.length * (nodes.length - 1)) return clock.monotonicMs() - startMs;
      await clock.sleep(everyMs, signal);
    }
  }

  /**
   * Shows the matrix in place for at least `minMs`, and until the counts of the last seconds
   * fulfil the condition; gives those counts.
   */
  async showUntil(minMs: number, condition: (counts: Reading) => boolean): Promise<Reading> {
    const { nodes, screen, clock, signal } = this.#options;
    const startMs = clock.monotonicMs();
    while (true) {
      const counts = await this.#recent();
      const seconds = Math.round((clock.monotonicMs() - startMs) / 1000);
      const title = `  loss of the last ${windowMs / 1000} s, after ${seconds} s ` +
        `(rows probe, columns are probed)`;
      screen.show([title, ...lossTable(nodes, counts, screen.inColour)]);
      if (clock.monotonicMs() - startMs >= minMs && condition(counts)) {
        screen.settle();
        return counts;
      }
      await clock.sleep(everyMs, signal);
    }
  }

  /** Counts between now and the youngest reading that is as old as the window. */
  async #recent(): Promise<Reading> {
    const { clock } = this.#options;
    const reading = await this.#read();
    const nowMs = clock.monotonicMs();
    this.#readings.push({ atMs: nowMs, reading });
    const start = this.#readings.findLastIndex(({ atMs }) => nowMs - atMs >= windowMs);
    this.#readings = this.#readings.slice(Math.max(0, start));
    return countsBetween(this.#readings[0]?.reading ?? reading, reading);
  }

  async #read(): Promise<Reading> {
    const { agents } = this.#options;
    for (const agent of agents) agent.mustRun();
    return readCounts(await Promise.all(agents.map((agent) => agent.samples())));
  }
}

/** Probes of one pair: since its agent's start, or between two readings. */
export interface PairCount {
  readonly source: string;
  readonly destination: string;
  readonly sent: number;
  readonly received: number;
}

/** Every pair, by {@linkcode pairKey}. */
export type Reading = ReadonlyMap<string, PairCount>;

/** The key of a pair. */
export function pairKey(source: string, destination: string): string {
  return `${source} ${destination}`;
}

/** The counters of all pairs, from what the textfiles say. */
export function readCounts(textfiles: readonly Samples[]): Reading {
  return new Map(
    textfiles.flatMap((samples) =>
      samples.select(families.probesSent.name).map(({ labels, value: sent }) => {
        const { source_node: source = "", destination_node: destination = "" } = labels;
        const received = samples.value(families.probesReceived.name, labels) ?? 0;
        return [pairKey(source, destination), { source, destination, sent, received }] as const;
      })
    ),
  );
}

/** What each pair of the later reading sent and received since the earlier one. */
export function countsBetween(earlier: Reading, later: Reading): Reading {
  const pairs = [...later].map(([key, pair]): [string, PairCount] => {
    const before = earlier.get(key);
    const sent = pair.sent - (before?.sent ?? 0);
    return [key, { ...pair, sent, received: pair.received - (before?.received ?? 0) }];
  });
  return new Map(pairs);
}

/** Lost part of the probes, 0 to 1; undefined when none was sent. */
export function lossOf({ sent, received }: PairCount): number | undefined {
  return sent === 0 ? undefined : (sent - received) / sent;
}

/** Rows are sources, columns destinations; lossy cells are red where colour is wanted. */
export function lossTable(
  nodes: readonly string[],
  counts: Reading,
  inColour: boolean,
): readonly string[] {
  const width = Math.max(...nodes.map((name) => name.length), 6);
  const cell = (source: string, destination: string): string => {
    if (source === destination) return "-".padStart(width);
    const pair = counts.get(pairKey(source, destination));
    const loss = pair && lossOf(pair);
    if (loss === undefined) return "?".padStart(width);
    const text = percent(loss).padStart(width);
    return inColour && loss > 0 ? `\x1b[1;31m${text}\x1b[0m` : text;
  };
  const head = ["".padEnd(width), ...nodes.map((name) => name.padStart(width))];
  const rows = nodes.map((source) => [
    source.padEnd(width),
    ...nodes.map((destination) => cell(source, destination)),
  ]);
  return [head, ...rows].map((row) => `  ${row.join("  ")}`);
}
