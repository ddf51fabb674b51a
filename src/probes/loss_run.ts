/** Runs of lost probes of one pair: the drizzle that averages hide. @module */

/** A run of at least {@linkcode burstLength} lost probes. Times are wall clock, in seconds. */
export interface LossBurst {
  /** When the first lost probe was sent. */
  readonly startedAtSeconds: number;
  /** From the first lost probe to the latest, or to the answer that ended the run. */
  readonly durationSeconds: number;
  /** Lost probes in a row, so far. */
  readonly probesLost: number;
}

/** What the latest probe made of the run. */
export type LossRunEvent =
  /** The third probe in a row was lost. */
  | { readonly kind: "burst_begun" }
  /** The burst has lasted {@linkcode lastingSeconds}. */
  | { readonly kind: "burst_lasting"; readonly burst: LossBurst }
  /** A reply ended the burst. */
  | { readonly kind: "burst_ended"; readonly burst: LossBurst };

/** How many probes in a row must be lost to make a burst. */
export const burstLength = 3;

/** How long a burst lasts before it is told while it goes on. */
export const lastingSeconds = 5;

/** The current run of lost probes of one pair. */
export class LossRun {
  #lost = 0;
  #startedAtSeconds = 0;
  #latestAtSeconds = 0;
  #toldLasting = false;

  /** A probe was lost. */
  lost(sentAtSeconds: number): LossRunEvent | undefined {
    if (this.#lost === 0) this.#startedAtSeconds = sentAtSeconds;
    this.#latestAtSeconds = sentAtSeconds;
    this.#lost++;
    if (this.#lost === burstLength) return { kind: "burst_begun" };
    if (this.#lost < burstLength || this.#toldLasting) return undefined;
    if (sentAtSeconds - this.#startedAtSeconds < lastingSeconds) return undefined;
    this.#toldLasting = true;
    return { kind: "burst_lasting", burst: this.#burst() };
  }

  /** A probe was answered. */
  answered(sentAtSeconds: number): LossRunEvent | undefined {
    this.#latestAtSeconds = Math.max(this.#latestAtSeconds, sentAtSeconds);
    return this.end();
  }

  /** The run is over, or nothing is known of what came after it. */
  end(): LossRunEvent | undefined {
    const burst = this.#burst();
    this.#lost = 0;
    this.#toldLasting = false;
    return burst.probesLost < burstLength ? undefined : { kind: "burst_ended", burst };
  }

  #burst(): LossBurst {
    return {
      startedAtSeconds: this.#startedAtSeconds,
      durationSeconds: Math.max(0, this.#latestAtSeconds - this.#startedAtSeconds),
      probesLost: this.#lost,
    };
  }
}
