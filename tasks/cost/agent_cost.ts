/** What one agent costs: calculated from the list of metric families and the size of a probe. @module */

import { icmpErrorTypes } from "../../src/fping/output.ts";
import { fpingRestartReasons } from "../../src/fping/process.ts";
import type { SkipReason } from "../../src/metrics/agent_status.ts";
import { wantedFamilies } from "../../src/metrics/exposition.ts";
import { families } from "../../src/metrics/families.ts";
import { pairLabels } from "../../src/metrics/samples.ts";
import type { MetricFamily } from "../../src/metrics/samples.ts";
import { rttBucketsSeconds } from "../../src/pairs/pair.ts";
import { version } from "../../src/version.ts";

/** An agent, and what the lengths of its lines depend on. */
export interface AgentCase {
  /** Destinations that answer, each a node with one address. */
  readonly destinations: number;
  readonly pairMetrics: "all" | "minimal";
  readonly periodSeconds: number;
  /** Data bytes of an echo request. */
  readonly sizeBytes: number;
  /** Time since the start, on which the length of the counters depends. */
  readonly uptimeSeconds: number;
  /** A round-trip time of usual length, in seconds. */
  readonly rttSeconds: number;
  /** Names of usual length; zones are unknown where there is none. */
  readonly nodeName: string;
  readonly address: string;
  readonly zone?: string;
  /** Number of zones that the destinations are in. */
  readonly zones: number;
}

/** The cost of one agent. */
export interface AgentCost {
  readonly series: number;
  readonly textfileBytes: number;
  readonly probesPerSecond: number;
  /** Sent, and as much received, where as many nodes probe this one as it probes. */
  readonly bitsPerSecond: number;
}

/** Headers of Ethernet, and of that, IPv4 (20 bytes, RFC 791) and ICMP echo (8, RFC 792). */
const ethernetBytes = 14;
const headerBytes = ethernetBytes + 20 + 8;

/** Calculates the cost of one agent. */
export function agentCost(agent: AgentCase): AgentCost {
  const { destinations, periodSeconds, sizeBytes, pairMetrics } = agent;
  const lines = wantedFamilies({ pairMetrics, pairDistribution: false })
    .map(([key, family]) => familyLines(key, family, agent));
  const probesPerSecond = destinations / periodSeconds;
  return {
    series: sum(lines.map(({ count }) => count)),
    textfileBytes: sum(lines.map(({ bytes }) => bytes)),
    probesPerSecond,
    // A node sends its requests, and its replies to the requests of others.
    bitsPerSecond: 2 * probesPerSecond * (headerBytes + sizeBytes) * 8,
  };
}

/**
 * Bits a second of the full-size packets by which the path MTU is measured: the requests of a node,
 * and as many replies to those of others.
 */
export function pathMtuBitsPerSecond(destinations: number, mtu: number): number {
  return 2 * destinations / pathMtuIntervalSeconds * (ethernetBytes + mtu) * 8;
}

/** The default of --path-mtu-interval. */
const pathMtuIntervalSeconds = 10;

interface Lines {
  readonly count: number;
  readonly bytes: number;
}

function familyLines(key: keyof typeof families, family: MetricFamily, agent: AgentCase): Lines {
  const { name, help, type } = family;
  const header = `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
  const lines = key === "rttDistribution"
    ? times(agent.zones, histogramLines(family, agent))
    : times(countOf(key, family, agent), {
      count: 1,
      bytes: `${name}{${labelsText(family, agent)}} ${valueOf(key, agent)}\n`.length,
    });
  return { count: lines.count, bytes: header.length + lines.bytes };
}

/** Why entries of the list are skipped. */
const skipReasons = ["invalid", "unusable_address", "own_address"] as const satisfies SkipReason[];

/** How many series a family has; no node is cordoned. */
function countOf(key: keyof typeof families, family: MetricFamily, agent: AgentCase): number {
  if (key === "destinationCordoned") return 0;
  if (key === "icmpErrors") return agent.destinations * icmpErrorTypes.length;
  if (key === "agentFpingRestarts") return fpingRestartReasons.length;
  if (key === "agentSkippedEntries") return skipReasons.length;
  return family.of === "pair" ? agent.destinations : 1;
}

function histogramLines(family: MetricFamily, agent: AgentCase): Lines {
  const zone = agent.zone === undefined ? "" : `,destination_zone="${agent.zone}"`;
  const labels = `${labelsText(family, agent)}${zone}`;
  const count = String(Math.round(sentOf(agent) * agent.destinations / agent.zones));
  const buckets = [...rttBucketsSeconds, "+Inf"]
    .map((le) => `${family.name}_bucket{le="${le}",${labels}} ${count}\n`);
  const ends = ["sum", "count"].map((end) => `${family.name}_${end}{${labels}} ${count}\n`);
  return { count: buckets.length + ends.length, bytes: [...buckets, ...ends].join("").length };
}

function labelsText({ name, of, labels }: MetricFamily, agent: AgentCase): string {
  const { nodeName, address, zone } = agent;
  const values: Readonly<Record<string, string>> = {
    source_node: nodeName,
    destination_node: nodeName,
    destination_address: address,
    destination_kind: "node",
    type: average(icmpErrorTypes),
    reason: average(name.includes("skipped") ? skipReasons : fpingRestartReasons),
    version,
    deno_version: "2.9.6",
    fping_version: "5.5",
    hash: "0123456789abcdef",
  };
  const zones = of === "pair" && labels.length >= pairLabels.length && zone !== undefined
    ? [`source_zone="${zone}"`, `destination_zone="${zone}"`]
    : [];
  return [...labels.map((label) => `${label}="${values[label] ?? ""}"`), ...zones].join(",");
}

/** A value of usual length; what counts faults is 0. */
function valueOf(key: keyof typeof families, agent: AgentCase): string {
  switch (key) {
    case "probesSent":
    case "probesReceived":
      return String(sentOf(agent));
    case "rttSum":
      return String(Math.round(sentOf(agent) * agent.rttSeconds * 1e7 + 1) / 1e7);
    case "rttMin":
    case "rttMax":
      return String(agent.rttSeconds);
    case "rttStddev":
      return "0.000012345";
    case "agentLastWriteTimestamp":
    case "agentReloadTimestamp":
      return "1795000000.123";
    case "agentTextfileWriteSeconds":
      return "0.0123";
    case "agentTargets":
    case "agentMeshDegree":
      return String(agent.destinations);
    case "pathMtuBytes":
      return "1500";
    case "agentProbePeriod":
      return String(agent.periodSeconds);
    default:
      return "0";
  }
}

function sentOf({ uptimeSeconds, periodSeconds }: AgentCase): number {
  return Math.round(uptimeSeconds / periodSeconds);
}

/** A text as long as the texts are on average. */
function average(texts: readonly string[]): string {
  return "x".repeat(Math.round(sum(texts.map((text) => text.length)) / texts.length));
}

function times(factor: number, { count, bytes }: Lines): Lines {
  return { count: factor * count, bytes: factor * bytes };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
