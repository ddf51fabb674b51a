/** What became of a probe. @module */

/** The outcome of one probe. `sentAtSeconds` is wall time, as near as fping tells. */
export type Outcome =
  /** Answered within the timeout. */
  | { readonly kind: "reply"; readonly rttSeconds: number; readonly sentAtSeconds: number }
  /** Not answered within the timeout. */
  | { readonly kind: "lost"; readonly sentAtSeconds: number }
  /** The kernel refused to send it. */
  | { readonly kind: "refused"; readonly sentAtSeconds: number }
  /** One more answer to a probe already answered. */
  | { readonly kind: "duplicate" }
  /** The answer of a probe already told as lost or refused: the reply wins. */
  | { readonly kind: "late_line"; readonly rttSeconds: number };
