/** What a healthy network loses: the level of this mesh, and how a pair without a cause looks. @module */

import { binomial } from "./likelihood.ts";

/** No pair is suspected for a loss up to this, whatever the rest of the mesh does. */
export const noiseCeiling = 0.002;

/** The noise level is believed up to this; when most pairs lose more, that is a fault. */
export const highestNoise = 0.0025;

/** The level expected before a probe was seen, worth so many probes: 0.2 % of 1,000. */
const prior = { lost: 2, sent: 1000 };

/** What it costs a pair, in nats, to be noisier than the mesh, up to the ceiling. */
const unevenNoiseNats = 3;

/** At least this part of the probes is lost where a fault is; only to part the pairs in two. */
const leastFault = 0.01;

/** Pairs that the level is estimated from: more make it no better. */
const enoughPairs = 50_000;

/**
 * The loss of the pairs that have no fault, by expectation-maximisation of a mixture of two: pairs
 * at the common level, and pairs with losses of their own.
 */
export function noiseLevel(sent: Float64Array, lost: Float64Array): number {
  const step = Math.max(1, Math.floor(sent.length / enoughPairs));
  let level = prior.lost / prior.sent;
  for (let round = 0; round < 20; round++) {
    let wellSent = prior.sent;
    let wellLost = prior.lost;
    for (let pair = 0; pair < sent.length; pair += step) {
      const n = sent[pair] ?? 0;
      const k = lost[pair] ?? 0;
      const well = wellProbability(k, n, level);
      wellSent += well * n;
      wellLost += well * k;
    }
    const next = Math.min(highestNoise, wellLost / wellSent);
    if (Math.abs(next - level) < 0.01 * level) return next;
    level = next;
  }
  return level;
}

function wellProbability(lost: number, sent: number, level: number): number {
  const fault = binomial(lost, sent, Math.max(leastFault, lost / sent)) -
    0.5 * Math.log1p(sent) - 2;
  return 1 / (1 + Math.exp(Math.min(700, fault - binomial(lost, sent, level))));
}

/** Log-likelihood of a pair without a cause, at the given level of noise. */
export function unexplained(lost: number, sent: number, level: number): number {
  const ceiling = Math.max(noiseCeiling, 1.5 * level);
  const own = Math.min(ceiling, lost / sent);
  const common = binomial(lost, sent, level);
  return own <= level ? common : Math.max(common, binomial(lost, sent, own) - unevenNoiseNats);
}
