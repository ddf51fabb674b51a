/** What one agent reports: its exposition, read strictly, as totals per destination. @module */

import { families } from "../metrics/families.ts";
import { pairLabels, zoneLabels } from "../metrics/samples.ts";
import { isLabelText, isNodeName } from "../nodes/address.ts";
import { jsonText, printable } from "../platform/terminal.ts";

/** Totals of one destination of one source. */
export interface DestinationTotals {
  /** Node, or name of the external target. */
  readonly destination: string;
  /** IP address, or host name, as probed. */
  readonly address: string;
  /** External targets are shown, never judged. */
  readonly kind: "node" | "external";
  /** Failure zone of the destination, where known. */
  readonly zone?: string;
  /** Probes whose outcome is known. */
  readonly sent: number;
  /** Of these the answered in time. */
  readonly received: number;
  /** Sum of the round-trip times of the received, where the family is exported. */
  readonly rttSumSeconds?: number;
  /** What is known of the path MTU at the end of the window, where it is measured. */
  readonly pathMtu?: MeasuredPathMtu;
}

/** The path MTU of one address of a destination, as its source measured it. */
export interface MeasuredPathMtu {
  /** Largest IP packet with "don't fragment" that was answered lately; absent where none was. */
  readonly bytes?: number;
  /** True where larger packets vanish without an ICMP error. */
  readonly blackHole: boolean;
}

/** The report of one source. */
export interface SourceReport {
  /** Node the agent runs on. */
  readonly source: string;
  /** Failure zone of the source, where known. */
  readonly zone?: string;
  /** One for each pair with both counters. */
  readonly totals: readonly DestinationTotals[];
  /** Destination nodes that are cordoned. */
  readonly cordoned: readonly string[];
  /** False when the agent says that it cannot measure. */
  readonly measuring: boolean;
  /** How many addresses the agent says that it probes; a host name that never resolved is none. */
  readonly addresses?: number;
  /** True when the agent says that its own node is not in its list: the list is stale. */
  readonly unlisted?: true;
  /** True when the agent says that it refused the newest list. */
  readonly refusedList?: true;
  /** Writes of the textfile that failed since the agent began. */
  readonly textfileErrors?: number;
  /** True when a write failed between two reports. */
  readonly textfileFails?: true;
  /** Unix time at which the report was made, where it says so. */
  readonly writtenSeconds?: number;
}

const { probesSent, probesReceived, rttSum, destinationCordoned } = families;
const { pathMtuBytes, pathMtuBlackHole } = families;
const { agentMeasuring, agentInNodeList, agentLastWriteTimestamp } = families;
const { agentReloadSuccess, agentTargets, agentTextfileWriteErrors } = families;
const readNames: readonly string[] = [
  probesSent.name,
  probesReceived.name,
  rttSum.name,
  pathMtuBytes.name,
  pathMtuBlackHole.name,
  destinationCordoned.name,
  agentMeasuring.name,
  agentInNodeList.name,
  agentReloadSuccess.name,
  agentTargets.name,
  agentTextfileWriteErrors.name,
  agentLastWriteTimestamp.name,
];
const readNameSet: ReadonlySet<string> = new Set(readNames);

/**
 * The query of /metrics that asks for the families that {@linkcode sourceReports} reads, and no
 * others; agents that do not know it send everything.
 */
export const reportQuery: string = readNames.map((name) => `name%5B%5D=${name}`).join("&");

const shownLabels = [...pairLabels, ...zoneLabels];

/** Whether {@linkcode sourceReports} reads the family. */
export function isReported(name: string): boolean {
  return readNameSet.has(name);
}

/**
 * The reports within the samples, by source; samples without the label source_node say nothing.
 * Throws when a label is no text that an agent can have written: what is shown to people must not
 * steer their terminal, and whoever answers in an agent's place may say anything.
 */
export function sourceReports(samples: readonly Sample[]): readonly SourceReport[] {
  const bySource = new Map<string, Sample[]>();
  const checked = new Set<SampleLabels>();
  for (const sample of samples) {
    const source = sample.labels["source_node"];
    if (source === undefined) continue;
    if (!checked.has(sample.labels)) checkLabels(sample);
    checked.add(sample.labels);
    const own = bySource.get(source);
    if (own) own.push(sample);
    else bySource.set(source, [sample]);
  }
  return [...bySource].map(([source, own]) => reportOf(source, own));
}

function checkLabels({ name, labels }: Sample): void {
  for (const label of shownLabels) {
    const text = labels[label];
    if (text !== undefined && text !== "" && !canBeWritten(label, text, labels)) {
      throw new Error(`The label ${label} of ${name} is no name: ${printable(text.slice(0, 80))}`);
    }
  }
}

/** Characters of IP addresses and host names. */
const addressPattern = /^[\w.:-]{1,253}$/;

/** What an agent takes from its list (node_list_parser.ts): only zones, and names of external targets, are free texts. */
function canBeWritten(label: string, text: string, labels: SampleLabels): boolean {
  const isNode = label === "source_node" ||
    (label === "destination_node" && labels["destination_kind"] !== "external");
  if (isNode) return isNodeName(text);
  return label === "destination_address" ? addressPattern.test(text) : isLabelText(text);
}

function reportOf(source: string, samples: readonly Sample[]): SourceReport {
  const named = (name: string) => samples.filter((sample) => sample.name === name);
  const counted = (name: string) => named(name).filter(({ value }) => isCount(value));
  const receivedByPair = valuesByPair(counted(probesReceived.name));
  const rttSums = valuesByPair(counted(rttSum.name));
  const mtuBytes = valuesByPair(counted(pathMtuBytes.name));
  const blackHoles = valuesByPair(counted(pathMtuBlackHole.name));
  const totals = new Map<string, DestinationTotals>();
  for (const sample of counted(probesSent.name)) {
    const pair = seriesKey(sample);
    const received = receivedByPair.get(pair);
    // Both counters are exported from the start: one alone is a gap in the data, and no loss.
    if (received === undefined) continue;
    const { destination_node, destination_address, destination_zone, destination_kind } =
      sample.labels;
    const rttSumSeconds = rttSums.get(pair);
    const pathMtu = pathMtuOf(mtuBytes.get(pair), blackHoles.get(pair));
    totals.set(pair, {
      destination: destination_node ?? "",
      address: destination_address ?? "",
      kind: destination_kind === "external" ? "external" : "node",
      ...(destination_zone ? { zone: destination_zone } : {}),
      sent: sample.value,
      received,
      ...(rttSumSeconds === undefined ? {} : { rttSumSeconds }),
      ...(pathMtu === undefined ? {} : { pathMtu }),
    });
  }
  const zone = samples.find((sample) => sample.labels["source_zone"])?.labels["source_zone"];
  const writtenSeconds = named(agentLastWriteTimestamp.name)[0]?.value;
  const addresses = named(agentTargets.name)[0]?.value;
  const textfileErrors = named(agentTextfileWriteErrors.name)[0]?.value;
  return {
    source,
    ...(zone ? { zone } : {}),
    totals: [...totals.values()],
    cordoned: named(destinationCordoned.name).filter((sample) => sample.value === 1)
      .map((sample) => sample.labels["destination_node"] ?? ""),
    measuring: named(agentMeasuring.name)[0]?.value !== 0,
    ...(addresses === undefined ? {} : { addresses }),
    ...(named(agentInNodeList.name)[0]?.value === 0 ? { unlisted: true } : {}),
    ...(named(agentReloadSuccess.name)[0]?.value === 0 ? { refusedList: true } : {}),
    ...(textfileErrors === undefined ? {} : { textfileErrors }),
    ...(writtenSeconds === undefined ? {} : { writtenSeconds }),
  };
}

/** Undefined where it is not measured. */
function pathMtuOf(
  bytes: number | undefined,
  blackHole: number | undefined,
): MeasuredPathMtu | undefined {
  if (blackHole === undefined) return undefined;
  return { ...(bytes === undefined ? {} : { bytes }), blackHole: blackHole > 0 };
}

/** Whether a counter can have this value; increase() makes fractions. */
function isCount(value: number): boolean {
  return Number.isFinite(value) && value >= 0;
}

function valuesByPair(samples: readonly Sample[]): ReadonlyMap<string, number> {
  return new Map(samples.map((sample) => [seriesKey(sample), sample.value]));
}

/** The identity of a series: a change of zone is no new pair. */
function seriesKey({ labels }: Sample): string {
  return pairKey(
    labels["destination_kind"],
    labels["destination_address"],
    labels["destination_node"],
  );
}

/** The identity of a destination of one source, the same in every reading. */
export function pairKey(
  kind: string | undefined,
  address: string | undefined,
  destination: string | undefined,
): string {
  return `${kind} ${address} ${destination}`;
}

/**
 * What happened between two reports of one source: the later totals less the earlier. A counter that
 * went back was reset by a restart: then it counts from nothing. Destinations that the earlier report
 * does not have count from nothing, too.
 */
export function increaseBetween(earlier: SourceReport, later: SourceReport): SourceReport {
  const key = ({ kind, address, destination }: DestinationTotals) =>
    pairKey(kind, address, destination);
  const before = new Map(earlier.totals.map((totals) => [key(totals), totals]));
  const totals = later.totals.map((now): DestinationTotals => {
    const then = before.get(key(now));
    if (then === undefined || now.sent < then.sent || now.received < then.received) return now;
    const { rttSumSeconds } = now;
    return {
      ...now,
      sent: now.sent - then.sent,
      received: now.received - then.received,
      ...(rttSumSeconds === undefined
        ? {}
        : { rttSumSeconds: Math.max(0, rttSumSeconds - (then.rttSumSeconds ?? 0)) }),
    };
  });
  const { textfileErrors = 0 } = later;
  const failed = textfileErrors > 0 && textfileErrors !== earlier.textfileErrors;
  return { ...later, totals, ...(failed ? { textfileFails: true } : {}) };
}

/** One sample of one series. */
export interface Sample {
  /** Family, with the suffix of the series, such as _total. */
  readonly name: string;
  /** Unescaped; samples of one exposition whose labels are the same text share the object. */
  readonly labels: SampleLabels;
  /** May be NaN or infinite. */
  readonly value: number;
}

/** Names and values of labels; the object has no prototype. */
export type SampleLabels = Readonly<Record<string, string>>;

const samplePattern = /([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})?[ \t]+(\S+)(?:[ \t]+-?\d+)?[ \t]*$/sy;
const labelPattern = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/y;
const noLabels: SampleLabels = Object.freeze(Object.create(null));

/**
 * The samples of an exposition whose names `wanted` lets through; comments and blank lines are
 * skipped. Throws an Error that names the line when one cannot be read, whatever its name: half
 * a file must not look like a small one. The families of a pair repeat its labels: each text of
 * labels is read once, which makes reading 1,000 agents three times as fast.
 */
export function parseExposition(text: string, wanted: (name: string) => boolean): Sample[] {
  const samples: Sample[] = [];
  if (text !== "" && !text.endsWith("\n")) {
    throw new Error("The last line has no end: the file is cut off, read it again");
  }
  const labelsByText = new Map<string, SampleLabels>();
  let number = 0;
  for (let start = 0, end; (end = text.indexOf("\n", start)) >= 0; start = end + 1) {
    number++;
    if (end === start || text.startsWith("#", start)) continue;
    const line = text.slice(start, end);
    const sample = parseSample(line, labelsByText);
    if (sample === undefined) {
      throw new Error(`Line ${number} is no sample of the exposition format: ${quote(line)}`);
    }
    if (wanted(sample.name)) samples.push(sample);
  }
  return samples;
}

function parseSample(line: string, labelsByText: Map<string, SampleLabels>): Sample | undefined {
  samplePattern.lastIndex = 0;
  const match = samplePattern.exec(line);
  if (match === null) return undefined;
  const [, name = "", labelText = "", valueText = ""] = match;
  let labels = labelsByText.get(labelText);
  if (labels === undefined) {
    labels = parseLabels(labelText);
    if (labels === undefined) return undefined;
    labelsByText.set(labelText, labels);
  }
  const value = parseValue(valueText);
  return value === undefined ? undefined : { name, labels, value };
}

function parseLabels(text: string): SampleLabels | undefined {
  if (text === "") return noLabels;
  const labels: Record<string, string> = Object.create(null);
  for (let at = 0; at < text.length; at = labelPattern.lastIndex) {
    labelPattern.lastIndex = at;
    const match = labelPattern.exec(text);
    if (match === null) return undefined;
    const [, label = "", value = ""] = match;
    if (label in labels) return undefined;
    labels[label] = unescape(value);
  }
  return labels;
}

function unescape(text: string): string {
  if (!text.includes("\\")) return text;
  return text.replace(/\\(.)/g, (_, escaped: string) => escaped === "n" ? "\n" : escaped);
}

function parseValue(text: string): number | undefined {
  if (/^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(text)) return Number(text);
  if (/^\+?inf$/i.test(text)) return Infinity;
  if (/^-inf$/i.test(text)) return -Infinity;
  return /^nan$/i.test(text) ? NaN : undefined;
}

function quote(line: string): string {
  return jsonText(line.length > 80 ? `${line.slice(0, 77)}...` : line);
}
