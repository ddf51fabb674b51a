/** Watches what fires in a real Prometheus. @module */

import { setTimeout as delay } from "node:timers/promises";
import { alertName, defaultAlerts } from "../../dashboard/rules/rule.ts";
import type { AlertKey } from "../../dashboard/rules/rule.ts";
import { parseDurationMs } from "../../src/flag_values.ts";

/** An alert with the nodes that it names. */
export interface NamedAlert {
  readonly key: AlertKey;
  readonly nodes: readonly string[];
}

interface AlertOfPrometheus {
  readonly state: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Seconds for which an alert's condition must hold before it fires. */
export function holdSeconds(key: AlertKey): number {
  return (parseDurationMs(defaultAlerts[key].for) ?? NaN) / 1000;
}

/** `NodePingLinkLossy node-1 node-2`: the nodes in any order. */
export function written({ key, nodes }: NamedAlert): string {
  return [alertName(key), ...[...nodes].sort()].join(" ");
}

/** Polls Prometheus every second. What fires and was not announced is remembered as unexpected. */
export class FiringAlerts {
  readonly #url: string;
  readonly #expected = new Set<string>();
  readonly #unexpected = new Map<string, string>();
  #firing: ReadonlySet<string> = new Set();

  /** Of the Prometheus at this URL. */
  constructor(url: string) {
    this.#url = url;
  }

  /** What fired although no fault explains it, each with the time at which it was first seen. */
  get unexpected(): readonly string[] {
    return [...this.#unexpected].map(([alert, time]) => `${alert}, first seen at ${time}`);
  }

  /** From now on this alert may fire. */
  expect(alert: NamedAlert): void {
    this.#expected.add(written(alert));
  }

  /** From now on it may not. */
  forget(alert: NamedAlert): void {
    this.#expected.delete(written(alert));
  }

  /** Looks every second until the signal is given. */
  async watch(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#look().catch((error: Error) => this.#note(`No answer (${error.message})`));
      await delay(1000);
    }
  }

  /** Seconds since `sinceMs` (of performance.now) until the alert fires or not; undefined when that takes longer. */
  async secondsUntil(
    alert: NamedAlert,
    fires: boolean,
    sinceMs: number,
    patienceSeconds: number,
  ): Promise<number | undefined> {
    for (;;) {
      const seconds = (performance.now() - sinceMs) / 1000;
      if (this.#firing.has(written(alert)) === fires) return seconds;
      if (seconds > patienceSeconds) return undefined;
      await delay(500);
    }
  }

  /** Waits until nothing fires. */
  async quiet(patienceSeconds: number): Promise<void> {
    const deadline = Date.now() + patienceSeconds * 1000;
    while (await this.#look(), this.#firing.size > 0) {
      if (Date.now() > deadline) throw new Error(`Still firing: ${[...this.#firing].join(", ")}`);
      await delay(1000);
    }
    this.#unexpected.clear();
  }

  async #look(): Promise<void> {
    const response = await fetch(`${this.#url}/api/v1/alerts`);
    const { data } = await response.json() as { data: { alerts: readonly AlertOfPrometheus[] } };
    const ours = data.alerts.filter(({ labels }) => labels["alertname"]?.startsWith("NodePing"));
    this.#firing = new Set(
      ours.filter(({ state }) => state === "firing").map(({ labels }) => {
        const nodes = ["node", "peer", "zone", "peer_zone"].flatMap((name) => labels[name] ?? []);
        return [labels["alertname"], ...nodes.sort()].join(" ");
      }),
    );
    for (const alert of this.#firing) if (!this.#expected.has(alert)) this.#note(alert);
  }

  #note(what: string): void {
    if (this.#unexpected.has(what)) return;
    this.#unexpected.set(what, new Date().toISOString().slice(11, 19));
  }
}
