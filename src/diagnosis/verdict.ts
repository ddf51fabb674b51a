/** What diagnose says: the JSON of `nodeping diagnose --output json`. @module */

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
