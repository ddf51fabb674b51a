/** Reads the mesh from a Prometheus server, over the last window of time. @module */

import { Buffer } from "node:buffer";
import { unescape } from "node:querystring";
import { agentProblems, buildMesh, withNodeObjects } from "./mesh.ts";
import type { MeshReading } from "./mesh.ts";
import { sourceReports } from "./source_report.ts";
import type { Sample } from "./source_report.ts";
import { textOf } from "../kubernetes/client.ts";
import { families } from "../metrics/families.ts";
import { pairLabels, zoneLabels } from "../metrics/samples.ts";
import { within } from "../platform/clock.ts";
import { errorMessage } from "../platform/terminal.ts";

/** Where and how to ask. */
export interface PrometheusSettings {
  /** Base URL, such as http://prometheus:9090 or one with a path; user and password may be in it. */
  readonly url: string;
  /** Sent as "Authorization: Bearer ..." where set. */
  readonly token?: string;
  /** Time to look at, back from now. */
  readonly windowMs: number;
  /** Value of {@linkcode clusterLabel}, "" for series without it; needed where this Prometheus holds several clusters. */
  readonly cluster?: string;
  /** The label that tells clusters apart; {@linkcode defaultClusterLabel} where it is left out. */
  readonly clusterLabel?: string;
}

/** The label that tells clusters apart where nothing else is said. */
export const defaultClusterLabel = "cluster";

/** The part of fetch that is used. */
export type Fetch = (url: URL, init: RequestInit) => Promise<Response>;

const timeoutMs = 30_000;
/** A million pairs with their labels; a longer one would be no string of JavaScript. */
const maxAnswerBytes = 500 * 2 ** 20;
const counters = [families.probesSent, families.probesReceived, families.rttSum] as const;
const pairGauges = [families.pathMtuBytes, families.pathMtuBlackHole] as const;
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
  const { clusterLabel = defaultClusterLabel } = settings;
  const cluster = settings.cluster ?? await onlyCluster(settings, fetch, signal);
  const only = cluster === undefined ? "" : `{${clusterLabel}=${JSON.stringify(cluster)}}`;
  const counted = counters.map(({ name }) => {
    const increase = `max by (${pairBy}) (increase(${name}${only}[${window}]) and ${name}${only})`;
    return `label_replace(${increase}, "counter", "${name}", "", "")`;
  });
  const queries: readonly (readonly [string, string])[] = [
    // One query sees the same scrapes throughout. Of two, one may see a scrape that the other does
    // not, and what was sent in between would look lost.
    ["", counted.join(" or ")],
    [
      families.destinationCordoned.name,
      `max by (source_node, destination_node) (${families.destinationCordoned.name}${only})`,
    ],
    ...pairGauges.map(({ name }) => [name, `max by (${pairBy}) (${name}${only})`] as const),
    [nodeObject, `max by (node) (max_over_time(${nodeObject}${only}[10m]))`],
    ...gauges.map(({ name }) => [name, `max by (source_node) (${name}${only})`] as const),
  ];
  const answers = await Promise.all(
    queries.map(([name, query]) => ask(settings, name, query, fetch, signal)),
  );
  const [pairs = [], ...gaugesOfAgents] = answers.map(({ samples }) => samples);
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
  const mesh = buildMesh(reports, [], "Prometheus has no samples of it in the window");
  const names = gaugesOfAgents.flat().filter(({ name }) => name === nodeObject)
    .flatMap(({ labels }) => labels["node"] ?? []);
  return {
    mesh: withNodeObjects(mesh, names),
    problems: [
      ...Array.from(
        new Set(answers.flatMap(({ warnings }) => warnings)),
        (warning) => `Prometheus answers with a warning: ${warning}`,
      ),
      ...agentProblems(reports),
    ],
  };
}

/** The series of kube-state-metrics that each Node has. */
const nodeObject = "kube_node_info";

/**
 * The one cluster there is, "" where it has no label; undefined where there is none. Throws where
 * there are several: they have nodes of the same names, and taken together each hides what the
 * other loses.
 */
async function onlyCluster(
  settings: PrometheusSettings,
  fetch: Fetch,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { clusterLabel = defaultClusterLabel } = settings;
  const query = `group by (${clusterLabel}) (${families.probesSent.name})`;
  const { samples } = await ask(settings, families.probesSent.name, query, fetch, signal);
  const names = samples.map(({ labels }) => labels[clusterLabel] ?? "").sort();
  if (names.length < 2) return names[0];
  const choices = names.map((name) => JSON.stringify(`${clusterLabel}=${name}`)).join(", ");
  throw new Error(
    `Prometheus has ${names.length} clusters by the label "${clusterLabel}": choose one with ` +
      `--cluster, of ${choices}`,
  );
}

/** What Prometheus answered to a query. */
export interface Answer {
  /** Its instant vector. */
  readonly samples: readonly Sample[];
  /** What it says of the answer, such as a store of Thanos that did not answer. */
  readonly warnings: readonly string[];
}

async function ask(
  { url, token }: PrometheusSettings,
  name: string,
  query: string,
  fetch: Fetch,
  signal: AbortSignal,
): Promise<Answer> {
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
        // Thanos answers with a part of the data unless it is told not to; others pass this over.
        body: new URLSearchParams({ query, partial_response: "false" }),
        signal: limited,
      });
      return [response.status, await textOf(response.body, maxAnswerBytes)];
    });
  } catch (error) {
    signal.throwIfAborted();
    const detail = errorMessage(error);
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
    const detail = errorMessage(error);
    throw new Error(`Prometheus at ${shown} answers ${status} ${detail}`, {
      cause: error,
    });
  }
}

/**
 * The instant vector of an answer, as samples of the given name; values that are no finite number
 * say nothing and are left out. Throws an Error that goes on after "Prometheus answers": a part of
 * the answer that cannot be read fails the whole, since half a mesh must not look like a small one.
 */
export function parseAnswer(name: string, text: string): Answer {
  const answer = objectOf(parseJson(text));
  const { status, error, warnings } = answer ?? {};
  if (status !== "success") {
    throw new Error(`without success: ${typeof error === "string" ? error : quote(text)}`);
  }
  const data = objectOf(answer?.["data"]);
  const result = data?.["result"];
  if (data?.["resultType"] !== "vector" || !Array.isArray(result)) {
    throw new Error(`with ${quote(String(data?.["resultType"]))} instead of a vector`);
  }
  const samples = result.map((element: unknown, index): Sample => {
    const labels = labelsOf(element);
    const value = valueOf(element);
    if (labels === undefined || value === undefined) {
      throw new Error(`with a vector whose element ${index} is no sample: ${quote(element)}`);
    }
    return { name, labels, value };
  }).filter(({ value }) => Number.isFinite(value));
  return { samples, warnings: Array.isArray(warnings) ? warnings.map(String) : [] };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error(`with something else than JSON: ${quote(text)}`, { cause });
  }
}

/** `metric`: every label is text. */
function labelsOf(element: unknown): Readonly<Record<string, string>> | undefined {
  const metric = objectOf(objectOf(element)?.["metric"]);
  if (metric === undefined) return undefined;
  const labels: Record<string, string> = Object.create(null);
  for (const [label, text] of Object.entries(metric)) {
    if (typeof text !== "string") return undefined;
    labels[label] = text;
  }
  return labels;
}

/** `value`: a time and the value as text, "NaN" and "+Inf" among them. */
function valueOf(element: unknown): number | undefined {
  const value = objectOf(element)?.["value"];
  if (!Array.isArray(value) || value.length !== 2) return undefined;
  const [time, text] = value as readonly unknown[];
  if (typeof time !== "number" || typeof text !== "string") return undefined;
  if (/^[+-]?Inf$/.test(text)) return text.startsWith("-") ? -Infinity : Infinity;
  if (text === "NaN") return NaN;
  return /^-?\d+(\.\d+)?(e[+-]?\d+)?$/.test(text) ? Number(text) : undefined;
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? value as Readonly<Record<string, unknown>>
    : undefined;
}

function quote(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 77)}...` : text);
}
