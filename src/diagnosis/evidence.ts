/** What a cause rests on: what its pairs lost, in numbers and in a sentence for people. @module */

import { highestLoss, restOf, touchesOf } from "./likelihood.ts";
import type { Influence, Touches } from "./likelihood.ts";
import { touchTest } from "./model.ts";
import type { Cause, Explanation } from "./model.ts";
import type { Observations, Subject } from "./observations.ts";
import { percent } from "./report.ts";

/** Sums over some pairs. */
export interface Tally {
  /** Pairs that were added up. */
  readonly pairs: number;
  /** Pairs that the cause touches; the others are its exceptions. */
  readonly touched: number;
  /** Lost part of the probes of all these pairs, 0 to 1; 0 where there are none. */
  readonly loss: number;
}

/**
 * The part of the probes that the cause alone loses: what survived on the pairs that it touches,
 * against what would have survived the other causes. Where those lose everything nothing is
 * left to measure, and the fitted loss stands; so it does for a path that some pairs take twice.
 */
export function lossOfCause(explanation: Explanation, cause: Cause): number {
  const { seen } = explanation;
  const { reach } = cause.hypothesis;
  // Of pairs that take the path once and others that do twice no sum says what is lost each time.
  if (reach.touches.some(({ times }) => times > 1)) return Math.min(1, cause.loss / highestLoss);
  explanation.remove(cause);
  let received = 0;
  let expected = 0;
  const isTouched = touchTest(explanation, cause);
  const touchesBy = new Map<Influence, Touches>();
  for (const pair of cause.hypothesis.pairs) {
    if (!isTouched(pair)) continue;
    const sent = seen.sent[pair] ?? 0;
    received += sent - (seen.lost[pair] ?? 0);
    const influence = explanation.influence(pair);
    if (influence === undefined) continue;
    let touches = touchesBy.get(influence);
    if (touches === undefined) {
      touches = touchesOf(influence, reach, cause.loss);
      touchesBy.set(influence, touches);
    }
    const rest = restOf(touches, seen.lost[pair] ?? 0, sent);
    // The level of a quiet mesh is too small to be taken off; an even loss is not this cause's.
    const quiet = explanation.backgrounds.evenLoss === undefined ? influence.background.level : 0;
    expected += sent * rest / (1 - quiet);
  }
  explanation.add(cause);
  return expected < 1 ? cause.loss : Math.min(1, Math.max(0, 1 - received / expected));
}

/** Adds up the pairs of the cause that the condition lets through. */
export function tally(
  explanation: Explanation,
  cause: Cause,
  counts: (pair: number) => boolean,
): Tally {
  const pairs = cause.hypothesis.pairs.filter(counts);
  const { seen } = explanation;
  let sent = 0;
  let lost = 0;
  let touched = 0;
  explanation.remove(cause);
  const isTouched = touchTest(explanation, cause);
  for (const pair of pairs) {
    sent += seen.sent[pair] ?? 0;
    lost += seen.lost[pair] ?? 0;
    if (isTouched(pair)) touched++;
  }
  explanation.add(cause);
  return { pairs: pairs.length, touched, loss: sent === 0 ? 0 : lost / sent };
}

/** Lost part of the probes of all the given pairs; undefined where there are none. */
export function lossOfPairs(explanation: Explanation, pairs: Iterable<number>): number | undefined {
  let sent = 0;
  let lost = 0;
  for (const pair of pairs) {
    sent += explanation.seen.sent[pair] ?? 0;
    lost += explanation.seen.lost[pair] ?? 0;
  }
  return sent === 0 ? undefined : lost / sent;
}

/** Says on what the cause rests: who sees it, how much is lost, and what speaks against others. */
export function evidenceOf(explanation: Explanation, cause: Cause): string {
  const sentence = sentenceOf(explanation, cause, cause.hypothesis.subject);
  return [sentence, ...remarks(explanation, cause)].join("; ");
}

function sentenceOf(explanation: Explanation, cause: Cause, subject: Subject): string {
  switch (subject.kind) {
    case "node":
      return nodeSentence(explanation, cause, subject.node);
    case "source":
      return sourceSentence(explanation, cause, subject.node);
    case "destination":
      return destinationSentence(explanation, cause, subject.node);
    case "link":
      return linkSentence(explanation, cause, subject.a, subject.b);
    case "zone-pair":
      return zoneSentence(explanation, cause, subject.a, subject.b);
    case "path":
      return pathSentence(explanation, cause);
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
  if (from.pairs === 0) return `${others}, and no data came from its own agent`;
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
    lossOfPairs(explanation, cause.hypothesis.pairs.filter((pair) => seen.source[pair] === node));
  const [one, other] = [lossFrom(a), lossFrom(b)];
  const [first, second] = [seen.nodes[a], seen.nodes[b]];
  if (one !== undefined && other !== undefined) {
    return `${first} loses ${percent(one)} of its probes of ${second}, ` +
      `and ${second} ${percent(other)} of its probes of ${first}`;
  }
  const [from, to] = one === undefined ? [second, first] : [first, second];
  const back = seen.reverse[cause.hypothesis.pairs[0] ?? 0] ?? -1;
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

function pathSentence(explanation: Explanation, cause: Cause): string {
  const { lossy, well } = partedPairs(explanation, cause);
  const rest = well.length === 0
    ? ""
    : `, the other ${well.length} ${percent(lossOfPairs(explanation, well) ?? 0)}`;
  const why = onlyWay(explanation, cause, lossy) === undefined
    ? "each pair keeps its path, and one of several is bad"
    : "only probes from the first group to the second are lost, not those of the way back";
  return `${lossy.length} of ${cause.hypothesis.pairs.length} pairs between the groups lose ` +
    `${percent(lossOfPairs(explanation, lossy) ?? 0)}${rest}: ${why}` +
    examples(explanation, lossy, "lost") + examples(explanation, well, "well");
}

/** Part of the pairs of one way that must lose, and no other pair, before the way explains it. */
const minOfWay = 0.9;

/**
 * From which group of a path to which other nearly all pairs lose, where those of the way back were
 * measured and do well: no path of several does that, but what lets packets through one way alone.
 */
export function onlyWay(
  { seen: { source } }: Explanation,
  { hypothesis: { subject, pairs } }: Cause,
  lossy: readonly number[],
): readonly [from: readonly number[], to: readonly number[]] | undefined {
  if (subject.kind !== "path" || subject.groups.length !== 2) return undefined;
  const [one = [], other = []] = subject.groups;
  return ([[one, other], [other, one]] as const).find(([from]) => {
    const senders = new Set(from);
    const isOfWay = (pair: number) => senders.has(source[pair] ?? -1);
    const ofWay = pairs.filter(isOfWay).length;
    return ofWay < pairs.length && lossy.every(isOfWay) && lossy.length >= minOfWay * ofWay;
  });
}

/** The pairs of the cause that it touches, and those that it spares. */
export function partedPairs(
  explanation: Explanation,
  cause: Cause,
): { readonly lossy: readonly number[]; readonly well: readonly number[] } {
  explanation.remove(cause);
  const lossy: number[] = [];
  const well: number[] = [];
  const isTouched = touchTest(explanation, cause);
  for (const pair of cause.hypothesis.pairs) {
    (isTouched(pair) ? lossy : well).push(pair);
  }
  explanation.add(cause);
  return { lossy, well };
}

function examples(
  { seen }: Explanation,
  pairs: readonly number[],
  word: string,
): string {
  const named = pairs.slice(0, 2).map((pair) =>
    `${seen.nodes[seen.source[pair] ?? 0]} to ${seen.nodes[seen.destination[pair] ?? 0]}`
  );
  return named.length === 0
    ? ""
    : `; ${word}: ${named.join(", ")}${pairs.length > 2 ? " ..." : ""}`;
}

/** Says of an even loss who shares it: every pair, or also how that differs across zones. */
export function evenLossEvidence(explanation: Explanation): string {
  const { seen, backgrounds } = explanation;
  const [inside, across] = backgrounds.ofClass.map(({ level }) => level) as [number, number];
  const pairs = seen.source.length;
  const lossy = seen.lost.filter((lost) => lost > 0).length;
  const all = lossOfPairs(explanation, seen.source.keys()) ?? 0;
  const where = inside === across
    ? ""
    : ` (inside zones about ${percent(inside)}, across zones ${percent(across)})`;
  return `${lossy} of ${pairs} pairs lose ${percent(all)} of their probes${where}: ` +
    "no single node, but something that all of them share";
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

function remarks(explanation: Explanation, { hypothesis }: Cause): string[] {
  const { seen } = explanation;
  const { subject } = hypothesis;
  const nodes = "node" in subject
    ? [subject.node]
    : subject.kind === "link"
    ? [subject.a, subject.b]
    : [];
  const addresses = worstAddresses(seen, hypothesis.pairs, nodes);
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
