/** Why a cause is named: one sentence for a tired person. @module */

import type { Candidate } from "./candidates.ts";
import type { Explanation } from "./explanation.ts";
import type { Cause } from "./influence.ts";
import type { Observations } from "./observations.ts";
import { percent } from "./percent.ts";
import { lossOfPairs, type Tally, tally } from "./tally.ts";

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
