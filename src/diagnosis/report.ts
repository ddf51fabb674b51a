/** Verdicts and advice, as data and as text. @module */

import type { Mesh } from "../mesh/mesh.ts";
import { printable } from "../platform/terminal.ts";

/** Kinds of causes, as docs/diagnosis.md tells them apart. */
export const verdictKinds = ["node", "source", "destination", "link", "zone-pair"] as const;

/** One of the kinds of causes. */
export type VerdictKind = typeof verdictKinds[number];

/** One cause of loss. */
export type Verdict = NodesVerdict | ZonesVerdict;

/** What every verdict says. */
export interface VerdictBase {
  /** Estimated part of the probes that this cause alone loses, 0 to 1. */
  readonly loss: number;
  /** One sentence for people: who sees what, and how much. */
  readonly evidence: string;
}

/** A node, a source, a destination (one name each), or a link (two names, sorted). */
export interface NodesVerdict extends VerdictBase {
  /** What is at fault. */
  readonly kind: "node" | "source" | "destination" | "link";
  /** One node, or the two ends of a link, sorted. */
  readonly nodes: readonly string[];
}

/** Two zones, sorted; twice the same for the inside of one zone. */
export interface ZonesVerdict extends VerdictBase {
  /** Between two zones, or within one. */
  readonly kind: "zone-pair";
  /** One zone, or two, sorted. */
  readonly zones: readonly string[];
}

/** The whole answer. */
export interface VerdictReport {
  /** Worst first; empty on a healthy mesh. */
  readonly verdicts: readonly Verdict[];
  /** Sources whose measurements were read. */
  readonly sources: number;
  /** Pairs of nodes that were measured, each direction for itself. */
  readonly pairs: number;
}

/** The whole answer, and how sure a mesh without a verdict can be. */
export interface Diagnosis {
  /** What `--output json` prints. */
  readonly report: VerdictReport;
  /**
   * The smallest loss of one link (of one pair of nodes, both ways) that would have been named,
   * 0 to 1; undefined when even a cut link would not: too few probes.
   */
  readonly smallestLoss: number | undefined;
}

/** The names of what is to blame: of nodes or of zones, sorted. */
export function namesOf(verdict: Verdict): readonly string[] {
  return verdict.kind === "zone-pair" ? verdict.zones : verdict.nodes;
}

/** The next step for the person who reads the verdict. */
export function adviceOf(verdict: Verdict): string {
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
  }
}

/** At most so many sources without data are named one by one. */
const maxNamedSources = 10;

/** The whole answer: each verdict with evidence and next step, then what it all rests on. */
export function reportText({ report, smallestLoss }: Diagnosis, mesh: Mesh): string {
  const { verdicts, sources, pairs } = report;
  const rests = `${pairs} pairs, measured by ${sources} of ${mesh.sources.length} nodes`;
  const lines = verdicts.flatMap((verdict) => [
    `${verdictTitle(verdict)} loses ${percent(verdict.loss)}`,
    `  ${verdict.evidence}.`,
    `  Next: ${adviceOf(verdict)}.`,
    "",
  ]);
  if (verdicts.length > 0) {
    const faults = `${verdicts.length} ${verdicts.length === 1 ? "cause" : "causes"}`;
    lines.push(`${faults} found in ${rests}.`);
  } else if (pairs === 0) {
    lines.push("Nothing can be said: no pair of nodes was measured.");
  } else {
    lines.push(`No fault found in ${rests}.`, visible(smallestLoss));
  }
  return `${[...lines, ...missingLines(mesh)].join("\n")}\n`;
}

function visible(smallestLoss: number | undefined): string {
  return smallestLoss === undefined
    ? "So few probes were seen that not even a cut link would show: look at a longer time."
    : `A link that loses ${percent(smallestLoss)} would have been named; ` +
      "a node, source or destination with less.";
}

/** What is at fault, as people say it: "Link node-1 - node-4". */
export function verdictTitle(verdict: Verdict): string {
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
  }
}

function missingLines({ sources }: Mesh): string[] {
  const missing = sources.filter((source) => source.silent);
  if (missing.length === 0) return [];
  const named = missing.slice(0, maxNamedSources)
    .map(({ name, reason }) => `  ${name}: ${printable(reason ?? "no answer")}`);
  const more = missing.length > maxNamedSources
    ? [`  and ${missing.length - maxNamedSources} more`]
    : [];
  return ["", `No data from ${missing.length} of ${sources.length} sources:`, ...named, ...more];
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
