/** Verdicts and advice, as data and as text. @module */

import { evenLossFault } from "./background.ts";
import type { Mesh } from "../mesh/mesh.ts";
import { printable } from "../platform/terminal.ts";

/** Kinds of causes of loss, as docs/diagnosis.md tells them apart. */
export const verdictKinds = ["node", "source", "destination", "link", "zone-pair", "path"] as const;

/** One of the kinds of causes of loss. */
export type VerdictKind = typeof verdictKinds[number];

/** One cause: of loss, or of vanishing full-size packets. */
export type Verdict = NodesVerdict | ZonesVerdict | PathVerdict | MtuVerdict;

/** What every verdict says. */
export interface VerdictBase {
  /** Estimated part of the probes that this cause alone loses, 0 to 1. */
  readonly loss: number;
  /** One sentence for people: who sees what, and how much. */
  readonly evidence: string;
  /** The next step of the person who reads it. */
  readonly next: string;
}

/** A verdict to which the next step is not yet added. */
export type OpenVerdict =
  | Omit<NodesVerdict, "next">
  | Omit<ZonesVerdict, "next">
  | Omit<PathVerdict, "next">
  | Omit<MtuVerdict, "next">;

/** A node, a source, a destination (one name each), or a link (two names, sorted). */
export interface NodesVerdict extends VerdictBase {
  /** What is at fault. */
  readonly kind: "node" | "source" | "destination" | "link";
  /** One node, or the two ends of a link, sorted; all nodes where the whole mesh loses. */
  readonly nodes: readonly string[];
  /** Of a link: the only direction of probes that loses, where the other one does well. */
  readonly oneWay?: { readonly source: string; readonly destination: string };
}

/** Two zones, sorted; twice the same for the inside of one zone. */
export interface ZonesVerdict extends VerdictBase {
  /** Between two zones, or within one. */
  readonly kind: "zone-pair";
  /** One zone, or two, sorted. */
  readonly zones: readonly string[];
}

/** One of several equal paths between groups of nodes: a part of the pairs loses, the others do not. */
export interface PathVerdict extends VerdictBase {
  /** Between groups. */
  readonly kind: "path";
  /** Two groups, or more where one path serves more; each sorted. */
  readonly groups: readonly (readonly string[])[];
  /** Set where only probes from the first group to the second are lost, and nearly all of these. */
  readonly oneWay?: true;
  /** Measured pairs between the groups. */
  readonly pairs: number;
  /** Of these, the pairs that lose. */
  readonly lossyPairs: number;
}

/** Packets of full size vanish by a path MTU black hole; small probes lose nothing by it. */
export interface MtuVerdict extends VerdictBase {
  /** Packets vanish by their size. */
  readonly kind: "mtu";
  /** A node, or two sorted nodes; more where most nodes, or many pairs, are concerned. */
  readonly nodes?: readonly string[];
  /** Two zones, sorted, where all pairs between them are concerned. */
  readonly zones?: readonly string[];
  /** Two groups of nodes, where all pairs between them are concerned. */
  readonly groups?: readonly (readonly string[])[];
  /** Sizes of IP packets: the largest that passes, and one that vanishes. */
  readonly bytes: { readonly passes: number; readonly lost: number };
}

/** A pair that is in the lists, but that nobody measures. */
export interface UnmeasuredPair {
  /** Node that should probe. */
  readonly source: string;
  /** Node that should be probed. */
  readonly destination: string;
  /** Why it is not measured, for people. */
  readonly reason: string;
}

/** Of addresses as probed; the page is bundled with this file, and has no node:net. */
const ipAddress = /:|^[\d.]+$/;

/** The pairs of the lists that have no probe with an outcome. */
export function unmeasuredPairs({ pairs }: Mesh): readonly UnmeasuredPair[] {
  return pairs.filter(({ sent }) => !(sent > 0)).map(({ source, destination, address }) => ({
    source,
    destination,
    reason: ipAddress.test(address)
      ? `no probe of ${address} has an outcome`
      : `no probe of ${address} has an outcome: does the name resolve on ${source}?`,
  }));
}

/** The whole answer. */
export interface VerdictReport {
  /** Worst first; empty on a healthy mesh. */
  readonly verdicts: readonly Verdict[];
  /** Nodes of the list that the cluster does not have, sorted; they are not judged. */
  readonly stale: readonly string[];
  /** Pairs that are never taken as well, since nothing was measured. */
  readonly notMeasured: readonly UnmeasuredPair[];
  /** Sources whose measurements were read. */
  readonly sources: number;
  /** Pairs of nodes that were measured, each direction for itself. */
  readonly pairs: number;
}

/** The whole answer, and how sure a mesh without a verdict can be. */
export interface Diagnosis {
  /** What `--output json` prints. */
  readonly report: VerdictReport;
  /** True where the search ended because it had found so many causes. */
  readonly mayBeMore: boolean;
  /**
   * The smallest loss of one link (of one pair of nodes, both ways) that would have been named,
   * 0 to 1; undefined when even a cut link would not: too few probes.
   */
  readonly smallestLoss: number | undefined;
  /** What all pairs lose alike, 0 to 1, where that is more than the noise of a quiet mesh. */
  readonly evenLoss?: number;
}

/** The names of what is to blame: of nodes or of zones, sorted; of a path, those of each group. */
export function namesOf(verdict: OpenVerdict | Verdict): readonly string[] {
  switch (verdict.kind) {
    case "zone-pair":
      return verdict.zones;
    case "path":
      return verdict.groups.flat();
    case "mtu":
      return verdict.nodes ?? verdict.zones ?? verdict.groups?.flat() ?? [];
    default:
      return verdict.nodes;
  }
}

/** Names as people read them: at most four of a group, and how many more. */
export function groupText(names: readonly string[]): string {
  if (names.length <= 5) return names.join(", ");
  return `${names.slice(0, 4).join(", ")} and ${names.length - 4} more`;
}

/** The next step for the person who reads the verdict. */
export function adviceOf(verdict: OpenVerdict): string {
  const [first, second] = namesOf(verdict);
  switch (verdict.kind) {
    case "node":
      return second === undefined
        ? `Cordon and drain ${first}, then check its network card, cable and switch port`
        : "Check what all nodes share: the switch above them, the firewall or the network plugin's last change";
    case "source":
      return `Check on ${first} what filters or limits outgoing ICMP echo requests (nft, iptables, ` +
        "sysctl) and the log of its nodeping agent; others reach it: no reason to drain it";
    case "destination":
      return `Check on ${first} what filters or limits ICMP echo requests (icmp_echo_ignore_all, ` +
        "icmp_ratelimit, firewall); its own traffic is well: no reason to drain it";
    case "link":
      return `Check the path between ${first} and ${second}: switch ports, cables, routes, tunnels, ` +
        "and filters for these two addresses; draining one of them only hides it";
    case "zone-pair":
      return first === second
        ? `Check the switches and routes inside ${first}`
        : `Check the uplinks, routes and firewalls between ${first} and ${second}`;
    case "path":
      if (verdict.oneWay) return oneWayAdvice(verdict.groups.map(groupText));
      return `Check each of the equal paths between ${
        verdict.groups.map(groupText).join(" and ")
      } ` +
        "for itself: uplinks and their optics, members of link aggregations, hash buckets, routes of " +
        "ECMP. Take the bad one out of use; draining nodes does not help";
    case "mtu":
      return mtuAdvice(verdict);
  }
}

/** Each probe goes both ways: no cable, route or switch loses those of one side alone. */
function oneWayAdvice([from, to]: readonly string[]): string {
  return `Check the firewalls, security groups and network policies between ${from} and ${to}: ` +
    "something drops or limits ICMP echo requests from the first, and lets replies through; " +
    "draining nodes does not help";
}

/** The usual culprits, and how to see it by hand. */
function mtuAdvice({ nodes = [], bytes: { passes, lost } }: Omit<MtuVerdict, "next">): string {
  const [first, second] = nodes;
  const where = nodes.length === 1
    ? `the interface, virtual switch and switch port of ${first}`
    : nodes.length === 2
    ? `the path between ${first} and ${second}`
    : "what these have in common";
  // Of many nodes not each pair is bad; the evidence names two that are.
  const isMany = nodes.length > 2;
  const target = (isMany ? undefined : second ?? first) ?? "the other node";
  const data = (bytes: number) => `ping -M do -s ${bytes - 28} ${target}`;
  return `Check ${where}: an overlay or tunnel whose headers were not taken off the MTU, the limit ` +
    "of a virtual switch, jumbo frames on one side only, a filter of ICMP type 3 (ICMPv6 type 2). " +
    `By hand, on IPv4${isMany ? ", from one node of such a pair" : ""}: "${
      data(lost)
    }" gets no answer and "${data(passes)}" does (28 bytes are ` +
    "headers). Until it is mended, connections with full-size packets hang: lower the MTU of the " +
    `interfaces to ${passes}`;
}

/** At most so many sources, nodes or pairs are named one by one. */
const maxNamed = 10;

/** The whole answer: each verdict with evidence and next step, then what it all rests on. */
export function reportText(
  { report, mayBeMore, smallestLoss, evenLoss }: Diagnosis,
  mesh: Mesh,
): string {
  const { verdicts, sources, pairs } = report;
  const nodes = mesh.sources.length - report.stale.length;
  const rests = `${pairs} pairs, measured by ${sources} of ${nodes} nodes`;
  const lines = verdicts.flatMap((verdict) => [
    `${verdictTitle(verdict)} ${verdictEffect(verdict)}`,
    `  ${verdict.evidence}.`,
    `  Next: ${verdict.next}.`,
    "",
  ]);
  if (verdicts.length > 0) {
    const faults = `${verdicts.length} ${verdicts.length === 1 ? "cause" : "causes"}`;
    lines.push(`${mayBeMore ? "At least " : ""}${faults} found in ${rests}.`);
  } else if (pairs === 0) {
    lines.push("Nothing can be said: no pair of nodes was measured.");
  } else {
    lines.push(`No fault found in ${rests}.`, visible(smallestLoss));
  }
  if (evenLoss !== undefined && evenLoss < evenLossFault) {
    lines.push(
      `All pairs lose about ${
        percent(evenLoss)
      }, evenly: an uplink at its limit, a long way or a ` +
        "limit on ICMP would do that; no node or link stands out of it.",
    );
  }
  return `${[...lines, ...gapLines(mesh, report)].join("\n")}\n`;
}

function visible(smallestLoss: number | undefined): string {
  return smallestLoss === undefined
    ? "So few probes were seen that not even a cut link would show: look at a longer time."
    : `A link that loses ${percent(smallestLoss)} would have been named; ` +
      "a node, source or destination with less.";
}

/** What is at fault, as people say it: "Link node-1 - node-4". */
export function verdictTitle(verdict: Verdict): string {
  const names = namesOf(verdict);
  switch (verdict.kind) {
    case "node":
      return verdict.nodes.length > 1 ? "The whole mesh" : `Node ${verdict.nodes[0]}`;
    case "source":
      return `Source ${verdict.nodes[0]} (its own probes only)`;
    case "destination":
      return `Destination ${verdict.nodes[0]} (probes of it only)`;
    case "link":
      return `Link ${verdict.nodes.join(" - ")}`;
    case "zone-pair":
      return verdict.zones[0] === verdict.zones[1]
        ? `Zone ${verdict.zones[0]} inside`
        : `Zone pair ${verdict.zones.join(" - ")}`;
    case "path":
      return (verdict.oneWay ? "Path from " : "Path between ") +
        verdict.groups.map((group) => `(${groupText(group)})`)
          .join(verdict.oneWay ? " to " : " and ");
    case "mtu":
      return `Path MTU of ${
        verdict.groups?.map((group) => `(${groupText(group)})`).join(" and ") ??
          (names.length > 2 ? `${names.length} nodes` : names.join(" - "))
      }`;
  }
}

/** What it does, after its title: "loses 37 %". */
export function verdictEffect(verdict: Verdict): string {
  return verdict.kind === "mtu"
    ? `lets no packet above ${bytesText(verdict.bytes.passes)} bytes pass`
    : `loses ${percent(verdict.loss)}`;
}

/** "1,500". */
export function bytesText(bytes: number): string {
  return bytes.toLocaleString("en-GB");
}

/** What to do about nodes that left. A kubelet shows a changed ConfigMap within 90 s. */
export const staleNodesAdvice: string =
  "Wait 2 min for the sync in the cluster; without it, run helm nodeping sync";

/**
 * What no verdict is about, each part after an empty line: sources without data and why, nodes that
 * left, and pairs that nobody measures.
 */
export function gapLines(
  { sources }: Pick<Mesh, "sources">,
  { stale, notMeasured }: Pick<VerdictReport, "stale" | "notMeasured">,
): readonly string[] {
  const listed = sources.filter(({ name }) => !stale.includes(name));
  const missing = listed.filter((source) => source.silent);
  return [
    ...someOf(
      `No data from ${missing.length} of ${listed.length} sources:`,
      missing.map(({ name, reason }) => `${name}: ${printable(reason ?? "no answer")}`),
    ),
    ...someOf(`In the node list, but not in the cluster: ${stale.length}`, stale),
    ...(stale.length === 0 ? [] : [`  Next: ${staleNodesAdvice}`]),
    ...someOf(
      `Not measured: ${notMeasured.length} ${notMeasured.length === 1 ? "pair" : "pairs"}`,
      notMeasured.map(({ source, destination, reason }) =>
        `${source} to ${destination}: ${printable(reason)}`
      ),
    ),
  ];
}

/** A heading and the first entries, where there are any. */
function someOf(heading: string, entries: readonly string[]): string[] {
  if (entries.length === 0) return [];
  const more = entries.length > maxNamed ? [`  and ${entries.length - maxNamed} more`] : [];
  return ["", heading, ...entries.slice(0, maxNamed).map((entry) => `  ${entry}`), ...more];
}

/** A part of the whole as people read it: "0 %", "0.03 %", "4.2 %", "37 %", "100 %". */
export function percent(part: number): string {
  const value = 100 * part;
  if (value === 0) return "0 %";
  if (value >= 99.95) return value === 100 ? "100 %" : "99.9 %";
  if (value < 0.01) return "below 0.01 %";
  if (value < 1) return `${Number(value.toFixed(2))} %`;
  return `${Number(value.toFixed(value < 10 || value >= 99.5 ? 1 : 0))} %`;
}
