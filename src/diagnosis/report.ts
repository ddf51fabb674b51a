/** Verdicts, their evidence and advice, as data and as text. @module */

import type { Diagnosis } from "./diagnose.ts";
import type { Candidate, Cause, Explanation } from "./model.ts";
import { lossOfPairs, tally } from "./observations.ts";
import type { Observations, Tally } from "./observations.ts";
import type { Mesh } from "../mesh/mesh.ts";
import { printable } from "../platform/terminal.ts";

/** Kinds of causes, as docs/diagnosis.md tells them apart. */
export const verdictKinds = ["node", "source", "destination", "link", "zone-pair"] as const;

/** One of the kinds of causes. */
export type VerdictKind = typeof verdictKinds[number];

/** One cause of loss. */
export type Verdict = NodesVerdict | ZonesVerdict;

/** What every verdict says. */
export interface Finding {
  /** Estimated part of the probes that this cause alone loses, 0 to 1. */
  readonly loss: number;
  /** One sentence for people: who sees what, and how much. */
  readonly evidence: string;
}

/** A node, a source, a destination (one name each), or a link (two names, sorted). */
export interface NodesVerdict extends Finding {
  /** What is at fault. */
  readonly kind: "node" | "source" | "destination" | "link";
  /** One node, or the two ends of a link, sorted. */
  readonly nodes: readonly string[];
}

/** Two zones, sorted; twice the same for the inside of one zone. */
export interface ZonesVerdict extends Finding {
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

/** The next step for the person who reads the verdict. */
export function adviceOf(verdict: Verdict): string {
  const [first, second] = verdict.kind === "zone-pair" ? verdict.zones : verdict.nodes;
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

/** Says on what the cause rests: who sees it, how much is lost, and what speaks against others. */
export function evidenceOf(explanation: Explanation, cause: Cause): string {
  const sentence = sentenceOf(explanation, cause, cause.suspect.candidate);
  return [sentence, ...remarks(explanation, cause)].join("; ");
}

function sentenceOf(explanation: Explanation, cause: Cause, candidate: Candidate): string {
  switch (candidate.kind) {
    case "node":
      return nodeSentence(explanation, cause, candidate.node);
    case "source":
      return sourceSentence(explanation, cause, candidate.node);
    case "destination":
      return destinationSentence(explanation, cause, candidate.node);
    case "link":
      return linkSentence(explanation, cause, candidate.a, candidate.b);
    case "zone-pair":
      return zoneSentence(explanation, cause, candidate.a, candidate.b);
    case "mesh": {
      const all = tally(explanation, cause, () => true);
      return `${all.touched} of ${all.pairs} pairs lose ${percent(all.loss)} of their probes: ` +
        "no single node, but something that all of them share";
    }
  }
}

function nodeSentence(explanation: Explanation, cause: Cause, node: number): string {
  const { seen } = explanation;
  const to = tally(explanation, cause, (pair) => seen.destination[pair] === node);
  const from = tally(explanation, cause, (pair) => seen.source[pair] === node);
  const name = seen.nodes[node] ?? "";
  const others = probersLose(to, name);
  if (from.pairs === 0) return `${others}, and its own agent is silent`;
  return `${others}, and it loses ${percent(from.loss)} of its own to ${probed(from)}`;
}

function sourceSentence(explanation: Explanation, cause: Cause, node: number): string {
  const { seen } = explanation;
  const from = tally(explanation, cause, () => true);
  const back = lossOfPairs(explanation, seen.columns[node] ?? []);
  const name = seen.nodes[node] ?? "";
  return `${name} loses ${percent(from.loss)} of its probes to ${probed(from)}` +
    (back === undefined
      ? "; nobody's probes of it were read"
      : `, while others lose ${percent(back)} of their probes of it`);
}

function destinationSentence(explanation: Explanation, cause: Cause, node: number): string {
  const { seen } = explanation;
  const to = tally(explanation, cause, () => true);
  const row: number[] = [];
  for (let pair = seen.rowStart[node] ?? 0; pair < (seen.rowStart[node + 1] ?? 0); pair++) {
    row.push(pair);
  }
  const own = lossOfPairs(explanation, row) ?? 0;
  return `${probersLose(to, seen.nodes[node] ?? "")}, while it loses ${percent(own)} of its own`;
}

function linkSentence(explanation: Explanation, cause: Cause, a: number, b: number): string {
  const { seen } = explanation;
  const lossFrom = (node: number) =>
    lossOfPairs(explanation, cause.suspect.pairs.filter((pair) => seen.source[pair] === node));
  const [one, other] = [lossFrom(a), lossFrom(b)];
  const [first, second] = [seen.nodes[a], seen.nodes[b]];
  if (one !== undefined && other !== undefined) {
    return `${first} loses ${percent(one)} of its probes of ${second}, ` +
      `and ${second} ${percent(other)} of its probes of ${first}`;
  }
  const [from, to] = one === undefined ? [second, first] : [first, second];
  const back = seen.reverse[cause.suspect.pairs[0] ?? 0] ?? -1;
  return `${from} loses ${percent(one ?? other ?? 0)} of its probes of ${to}; ` +
    (back < 0
      ? "the other direction was not measured"
      : `${to} loses only ${percent(lossOfPairs(explanation, [back]) ?? 0)} of its own`);
}

function zoneSentence(explanation: Explanation, cause: Cause, a: number, b: number): string {
  const { seen } = explanation;
  const all = tally(explanation, cause, () => true);
  const where = a === b
    ? `inside ${seen.zones[a]}`
    : `between ${seen.zones[a]} and ${seen.zones[b]}`;
  return `${all.touched} of ${all.pairs} pairs ${where} lose probes, ${percent(all.loss)} in all`;
}

function probersLose({ touched, pairs, loss }: Tally, name: string): string {
  const who = pairs === 1
    ? `the only node that probes ${name} loses`
    : `${touched} of the ${pairs} nodes that probe ${name} lose`;
  return `${who} ${percent(loss)} of those probes`;
}

function probed({ touched, pairs }: Tally): string {
  return pairs === 1
    ? "the only node that it probes"
    : `${touched} of the ${pairs} nodes that it probes`;
}

function remarks(explanation: Explanation, { suspect }: Cause): string[] {
  const { seen } = explanation;
  const { candidate } = suspect;
  const nodes = "node" in candidate
    ? [candidate.node]
    : candidate.kind === "link"
    ? [candidate.a, candidate.b]
    : [];
  const addresses = worstAddresses(seen, suspect.pairs, nodes);
  return [
    ...(addresses.length === 0
      ? []
      : [`the loss is on ${addresses.join(", ")}: other addresses do better`]),
    ...nodes.filter((node) => seen.cordoned[node]).map((node) => `${seen.nodes[node]} is cordoned`),
  ];
}

/** Of nodes with several addresses, those at which the pairs lose. */
function worstAddresses(seen: Observations, pairs: Int32Array, nodes: readonly number[]): string[] {
  const addresses = new Set<string>();
  for (const pair of pairs) {
    const node = seen.destination[pair] ?? -1;
    const address = seen.worst[pair]?.address;
    if (address === undefined || !nodes.includes(node)) continue;
    if (seen.severalAddresses.has(node)) addresses.add(address);
  }
  return [...addresses].sort();
}

/** At most so many silent sources are named one by one. */
const namedSources = 10;

/** The whole answer: each verdict with evidence and next step, then what it all rests on. */
export function reportText({ report, smallestLoss }: Diagnosis, mesh: Mesh): string {
  const { verdicts, sources, pairs } = report;
  const rests = `${pairs} pairs, measured by ${sources} of ${mesh.sources.length} nodes`;
  const lines = verdicts.flatMap((verdict) => [
    `${title(verdict)} loses ${percent(verdict.loss)}`,
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
  return `${[...lines, ...silentLines(mesh)].join("\n")}\n`;
}

function visible(smallestLoss: number | undefined): string {
  return smallestLoss === undefined
    ? "So few probes were seen that not even a cut link would show: look at a longer time."
    : `A link that loses ${percent(smallestLoss)} would have been named; ` +
      "a node, source or destination with less.";
}

function title(verdict: Verdict): string {
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

function silentLines({ sources }: Mesh): string[] {
  const silent = sources.filter((source) => source.silent);
  if (silent.length === 0) return [];
  const named = silent.slice(0, namedSources)
    .map(({ name, reason }) => `  ${name}: ${printable(reason ?? "no answer")}`);
  const more = silent.length > namedSources ? [`  and ${silent.length - namedSources} more`] : [];
  return ["", `Not heard of ${silent.length} of ${sources.length} sources:`, ...named, ...more];
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
