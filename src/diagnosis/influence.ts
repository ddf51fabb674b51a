/** How several causes act on one pair: each may touch it or spare it. @module */

import type { Suspect } from "./candidates.ts";
import { SharedLoss } from "./likelihood.ts";

/** A suspect that is to blame, with the part of the probes that it loses. */
export interface Cause {
  /** What is blamed. */
  readonly suspect: Suspect;
  /** Share of probes it takes, 0 to 1. */
  readonly loss: number;
}

/** A pair within a cause's reach is spared by it with this probability: some always are. */
const sparedPart = 0.02;
/** Cost, in nats, of a cause that spares a pair within its reach. */
export const sparedNats: number = Math.log(sparedPart);
/** Cost, in nats, of a cause that touches a pair within its reach. */
export const touchedNats: number = Math.log1p(-sparedPart);

/** One way in which causes act on a pair. */
export interface Way {
  /** Log-probability of this way. */
  readonly nats: number;
  /** Part of the probes that survives the noise and the causes that touch the pair. */
  readonly survives: number;
  /** Losses under those causes; undefined when none touches the pair, which leaves noise. */
  readonly shared: SharedLoss | undefined;
}

/** The causes within whose reach a pair is, and all their ways. One for all pairs alike. */
export interface Influence {
  /** Every cause that reaches the pair. */
  readonly causes: readonly Cause[];
  /** Every way in which they touch or spare it. */
  readonly ways: readonly Way[];
}

/** All subsets of up to three causes; of more: all of them, all but one, and none. */
export function influenceOf(causes: readonly Cause[], noise: number): Influence {
  const subsets = causes.length > 3
    ? [causes, ...causes.map((one) => causes.filter((other) => other !== one)), []]
    : causes.reduce<readonly (readonly Cause[])[]>(
      (found, cause) => found.flatMap((subset) => [[...subset, cause], subset]),
      [[]],
    );
  return { causes, ways: subsets.map((touching) => wayOf(touching, causes.length, noise)) };
}

function wayOf(touching: readonly Cause[], among: number, noise: number): Way {
  const survives = touching.reduce((part, { loss }) => part * (1 - loss), 1 - noise);
  return {
    nats: touchedNats * touching.length + sparedNats * (among - touching.length),
    survives,
    shared: touching.length === 0 ? undefined : new SharedLoss(1 - survives),
  };
}
