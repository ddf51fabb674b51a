/** What is done to the cluster during a soak: one step after the other. @module */

/** Kinds of steps that need one node, two nodes, or none. */
export type Step =
  | { readonly kind: "quiet" }
  | { readonly kind: NodeStepKind; readonly node: string }
  | { readonly kind: LinkStepKind; readonly nodes: readonly [string, string] };

/** Steps that happen to one node. */
export type NodeStepKind = "join" | "leave" | "die" | "isolate";
/** Steps that happen to the link of two nodes. */
export type LinkStepKind = "cut" | "lossy" | "flap";

/** Part of the packets that a lossy link loses, in one direction. */
export const lossyShare = 0.3;
/** A lossy link stays so for at least so long: by chance, few probes tell little. */
export const lossySeconds = 30;
/** A flapping link is cut for so long, and then whole for as long. */
export const flapSeconds = 5;
/** How often a flapping link is cut. */
export const flaps = 3;

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
  }
}
