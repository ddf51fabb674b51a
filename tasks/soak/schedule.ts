/** What is done to the cluster, and when: the same for the same seed, nodes and duration. @module */

import { shuffled } from "../../src/targets/destination.ts";
import { makeRandom } from "../../tests/fakes/random.ts";

/** Kinds of steps that need one node, two nodes, or none. */
export type Step =
  | { readonly kind: "quiet" }
  | { readonly kind: NodeStepKind; readonly node: string }
  | { readonly kind: LinkStepKind; readonly nodes: readonly [string, string] };

/** Steps that happen to one node. */
export type NodeStepKind = "join" | "leave" | "die" | "isolate";
/** Steps that happen to the link of two nodes. */
export type LinkStepKind = "cut" | "lossy" | "flap" | "mtu";

/** Part of the packets that a lossy link loses, in one direction. */
export const lossyShare = 0.3;
/** A lossy link stays so for at least so long: by chance, few probes tell little. */
export const lossySeconds = 30;
/** A flapping link is cut for so long, and then whole for as long. */
export const flapSeconds = 5;
/** How often a flapping link is cut. */
export const flaps = 3;

/** What passes a link of smaller MTU, in bytes; its interfaces have more, and nobody says so. */
export const passingBytes = 1400;
/** It is measured within three intervals of 10 s, the chart's own, and a search of at most 10 s. */
export const blackHoleSeconds = 40;
/** Once it is mended, the next full-size packet is answered within an interval. */
export const mendedSeconds = 12;

/** The step in words. */
export function describeStep(step: Step): string {
  switch (step.kind) {
    case "quiet":
      return "nothing";
    case "join":
      return `${step.node} joins`;
    case "leave":
      return `${step.node} leaves`;
    case "die":
      return `${step.node} dies and returns`;
    case "isolate":
      return `${step.node} has no network`;
    case "cut":
      return `${step.nodes.join(" - ")} cut`;
    case "lossy":
      return `${step.nodes.join(" -> ")} loses ${lossyShare * 100} %`;
    case "flap":
      return `${step.nodes.join(" - ")} flaps every ${flapSeconds} s`;
    case "mtu":
      return `${step.nodes.join(" - ")} passes ${passingBytes} bytes`;
  }
}

/** A step and when it begins, in seconds since the start; a step that takes long delays the next. */
export interface PlannedStep {
  readonly atSeconds: number;
  readonly step: Step;
}

/** What a schedule is made of. */
export interface ScheduleRequest {
  /** Nodes of the cluster at the start. */
  readonly nodes: readonly string[];
  /** Names for the nodes that join, in this order. */
  readonly spares: readonly string[];
  readonly durationSeconds: number;
  readonly seed: number;
}

/** From the beginning of one step to that of the next: a fault, its diagnosis, and some peace. */
export const slotSeconds = 45;

/** With fewer nodes none leaves: two nodes cannot be told from their link. */
const fewestNodes = 4;

const kinds: readonly (NodeStepKind | LinkStepKind)[] = [
  ...["join", "leave", "die", "isolate"] as const,
  ...["cut", "lossy", "flap", "mtu"] as const,
];

/** How many steps, and so at most how many joins, the duration has room for. */
export function stepCount(durationSeconds: number): number {
  return Math.max(3, Math.floor(durationSeconds / slotSeconds));
}

/**
 * Plans the steps: the first and the last are quiet; between them every kind has its turn before
 * any comes again, in an order and on nodes that the seed decides. Only nodes of that time are
 * chosen.
 */
export function planSchedule(request: ScheduleRequest): readonly PlannedStep[] {
  const random = makeRandom(request.seed);
  const spares = [...request.spares];
  let members = [...request.nodes];
  let round: (NodeStepKind | LinkStepKind)[] = [];
  const steps: Step[] = [{ kind: "quiet" }];
  while (steps.length < stepCount(request.durationSeconds) - 1) {
    if (round.length === 0) round = [...shuffled(kinds, random)];
    const kind = round.shift() ?? "cut";
    const step = stepOf(kind, shuffled(members, random), spares);
    if (step === undefined) continue;
    steps.push(step);
    if (step.kind === "join") members = [...members, step.node];
    if (step.kind === "leave") members = members.filter((node) => node !== step.node);
  }
  steps.push({ kind: "quiet" });
  return steps.map((step, index) => ({ atSeconds: index * slotSeconds, step }));
}

/** The step on the first of these nodes; undefined when there is no node for it. */
function stepOf(
  kind: NodeStepKind | LinkStepKind,
  [first = "", second = "", ...others]: readonly string[],
  spares: string[],
): Step | undefined {
  switch (kind) {
    case "join": {
      const node = spares.shift();
      return node === undefined ? undefined : { kind, node };
    }
    case "leave":
      return others.length + 2 < fewestNodes ? undefined : { kind, node: first };
    case "die":
    case "isolate":
      return { kind, node: first };
    default:
      return { kind, nodes: [first, second] };
  }
}
