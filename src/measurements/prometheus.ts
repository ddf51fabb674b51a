/** Reads the mesh from a Prometheus server, over the last window of time. @module */

import { Buffer } from "node:buffer";
import { unescape } from "node:querystring";
import { families, pairLabels, zoneLabels } from "../metrics/families.ts";
import { within } from "../shell/time_limit.ts";
import { agentProblems, buildMesh, type MeshReading } from "./build_mesh.ts";
import type { Sample } from "./exposition.ts";
import { parseAnswer } from "./prometheus_answer.ts";
import { sourceReports } from "./source_report.ts";

/** Where and how to ask. */
export interface PrometheusSettings {
  /** Base URL, such as http://prometheus:9090 or one with a path; user and password may be in it. */
  readonly url: string;
  /** Sent as "Authorization: Bearer ..." where set. */
  readonly token?: string;
  /** Time to look at, back from now. */
  readonly windowMs: number;
}

/** The part of fetch that is used. */
export type Fetch = (url: URL, init: RequestInit) => Promise<Response>;

const timeoutMs = 30_000;
const counters = [families.probesSent, families.probesReceived, families.rttSum] as const;
const gauges = [
  families.agentMeasuring,
  families.agentInNodeList,
  families.agentReloadSuccess,
  families.agentLastWriteTimestamp,
] as const;
const pairBy = [...pairLabels, ...zoneLabels].join(", ");

/**
 * Asks for the increase of the pairs' counters. A pair that is scraped twice (node-exporter and a
 * PodMonitor) counts once. `and` leaves out what is no longer reported: the row of a node that has
 * just died would show it well, a node that has left as still there. Throws when Prometheus cannot
 * be asked or knows no pair.
 */
export async function readPrometheus(
  settings: PrometheusSettings,
  fetch: Fetch,
  signal: AbortSignal,
): Promise<MeshReading> {
  const window = `${Math.round(settings.windowMs)}ms`;
  const counted = counters.map(({ name }) => {
    const increase = `max by (${pairBy}) (increase(${name}[${window}]) and ${name})`;
    return `label_replace(${increase}, "counter", "${name}", "", "")`;
  });
  const queries: readonly (readonly [string, string])[] = [
    // One query sees the same scrapes throughout. Of two, one may see a scrape that the other does
    // not, and what was sent in between would look lost.
    ["", counted.join(" or ")],
    [
      families.destinationCordoned.name,
      `max by (source_node, destination_node) (${families.destinationCordoned.name})`,
    ],
    ...gauges.map(({ name }) => [name, `max by (source_node) (${name})`] as const),
  ];
  const answers = await Promise.all(
    queries.map(([name, query]) => ask(settings, name, query, fetch, signal)),
  );
  const [pairs = [], ...gaugesOfAgents] = answers;
  if (pairs.length === 0) {
    throw new Error(
      `Prometheus has no ${families.probesSent.name} with two samples in the last ` +
        `${settings.windowMs / 1000} s: give a --window of at least two scrape intervals, ` +
        "and see that node-exporter's textfiles or the PodMonitor are scraped",
    );
  }
  const named = pairs.map((sample) => ({ ...sample, name: sample.labels["counter"] ?? "" }));
  const reports = sourceReports([...named, ...gaugesOfAgents.flat()])
    .filter((report) => report.totals.length > 0);
  return {
    mesh: buildMesh(reports, [], "Prometheus has no samples of it in the window"),
    problems: agentProblems(reports),
  };
}

async function ask(
  { url, token }: PrometheusSettings,
  name: string,
  query: string,
  fetch: Fetch,
  signal: AbortSignal,
): Promise<readonly Sample[]> {
  const base = new URL(url.endsWith("/") ? url : `${url}/`);
  const headers: Record<string, string> = {};
  if (token !== undefined) headers["authorization"] = `Bearer ${token}`;
  else if (base.username !== "") {
    // Any characters, and a "%" that begins no escape: people paste passwords.
    const user = unescape(`${base.username}:${base.password}`);
    headers["authorization"] = `Basic ${Buffer.from(user).toString("base64")}`;
  }
  base.username = "";
  base.password = "";
  const shown = base.href;
  let status: number;
  let text: string;
  try {
    [status, text] = await within(timeoutMs, signal, async (limited) => {
      const response = await fetch(new URL("api/v1/query", base), {
        method: "POST",
        headers,
        body: new URLSearchParams({ query }),
        signal: limited,
      });
      return [response.status, await response.text()];
    });
  } catch (error) {
    signal.throwIfAborted();
    const detail = error instanceof Error ? error.message : String(error);
    throw new Error(`Cannot ask Prometheus at ${shown}: ${detail}`, { cause: error });
  }
  if (status === 401 || status === 403) {
    throw new Error(
      `Prometheus at ${shown} answers ${status}: set PROMETHEUS_TOKEN, ` +
        "or write user and password into the URL of --prometheus",
    );
  }
  try {
    return parseAnswer(name, text);
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new Error(`Prometheus at ${shown} answers ${status} ${detail}`, {
      cause: error,
    });
  }
}
