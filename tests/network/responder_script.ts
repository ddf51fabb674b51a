/**
 * What the scripted responder does with each echo request: plain data, sent to its process as
 * JSON.
 *
 * @module
 */

import type { ErrorKind } from "./packet.ts";

/** Which requests of an address a rule is for, by their index since the script was given. */
export type Selection =
  | { readonly kind: "every"; readonly step: number; readonly offset: number }
  /** From the index `from` to the index before `to`. */
  | { readonly kind: "range"; readonly from: number; readonly to: number }
  | { readonly kind: "list"; readonly indexes: readonly number[] };

/** What happens to a request. */
export type Action =
  | { readonly kind: "drop" }
  /** One reply for each delay: [0] is the normal one, [0, 3] a duplicate, [1500] a late one. */
  | { readonly kind: "reply"; readonly delaysMs: readonly number[]; readonly from?: string }
  | { readonly kind: "error"; readonly error: ErrorKind; readonly from?: string };

/** One rule of an address. */
export interface Rule {
  /** All requests, when absent. */
  readonly requests?: Selection;
  readonly action: Action;
}

/** Rules of addresses; of the rules of one address, the first that matches decides. */
export type Script = Readonly<Record<string, readonly Rule[]>>;

const answer: Action = { kind: "reply", delaysMs: [0] };

/** The action for the request number `index`; an answer at once where no rule matches. */
export function actionFor(rules: readonly Rule[], index: number): Action {
  return rules.find(({ requests }) => matches(requests, index))?.action ?? answer;
}

function matches(selection: Selection | undefined, index: number): boolean {
  switch (selection?.kind) {
    case undefined:
      return true;
    case "every":
      return index % selection.step === selection.offset;
    case "range":
      return index >= selection.from && index < selection.to;
    case "list":
      return selection.indexes.includes(index);
  }
}

/** A request seen, or a reply sent: what tests compare the agent's counters with. */
export interface Seen {
  /** ICMP identifier: tells one fping process from another. */
  readonly id: number;
  /** ICMP sequence number: fping's own number of the probe, not the one it prints. */
  readonly sequence: number;
  /** Milliseconds since 1970, by the monotonic clock since the responder started. */
  readonly atMs: number;
}

/** Everything about one address since the last reset. */
export interface AddressRecord {
  readonly requests: readonly Seen[];
  /** Echo replies sent; ICMP errors are not among them. */
  readonly replies: readonly Seen[];
  readonly errors: readonly Seen[];
}

/** What the test asks of the responder's process, a JSON line each. */
export type Question =
  | { readonly kind: "script"; readonly script: Script }
  | { readonly kind: "records" }
  | { readonly kind: "reset" };

/** What the process answers, a JSON line each, in order; `ready` comes first, unasked. */
export type Answer =
  | { readonly kind: "ready" }
  | { readonly kind: "done" }
  | { readonly kind: "records"; readonly records: Readonly<Record<string, AddressRecord>> };
