/** What diagnose says: the JSON of `nodeping diagnose --output json`. @module */

/** Kinds of causes, as DESIGN.md "Who is to blame" defines them. */
export const verdictKinds = ["node", "source", "destination", "link", "zone-pair"] as const;

/** One of the kinds of causes. */
export type VerdictKind = typeof verdictKinds[number];

/** One cause of loss. */
export type Verdict = NodesVerdict | ZonesVerdict;

interface Finding {
  /** Estimated part of the probes that this cause alone loses, 0 to 1. */
  readonly loss: number;
  /** One sentence for people: who sees what, and how much. */
  readonly evidence: string;
}

/** A node, a source, a destination (one name each), or a link (two names, sorted). */
export interface NodesVerdict extends Finding {
  readonly kind: "node" | "source" | "destination" | "link";
  readonly nodes: readonly string[];
}

/** Two zones, sorted; twice the same for the inside of one zone. */
export interface ZonesVerdict extends Finding {
  readonly kind: "zone-pair";
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
