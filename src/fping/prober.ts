/** Probes a set of targets that changes, without a gap for those that stay. @module */

import { planProcesses } from "./plan.ts";
import type { FpingPlan } from "./plan.ts";
import { superviseFping } from "./supervise.ts";
import type { SupervisorOptions } from "./supervise.ts";

/** Settings of a {@linkcode Prober}; what concerns one process is filled in by the prober. */
export type ProberOptions = Omit<SupervisorOptions, "plan" | "onHeard" | "onProven">;

/** The fping processes of one list of targets. */
interface Generation {
  readonly controller: AbortController;
  readonly ended: Promise<unknown>;
  /** Processes from which nothing has been heard yet, by their place in the plan. */
  readonly unheard: Set<number>;
  /** Processes that have received no reply since they were last started. */
  readonly unproven: Set<number>;
}

/** Runs the fping processes of the list in force. */
export class Prober {
  readonly #options: ProberOptions;
  #current: Generation | undefined;
  #next: Generation | undefined;
  readonly #running = new Set<Generation>();

  /** Probes nothing before it is given targets. */
  constructor(options: ProberOptions) {
    this.#options = options;
  }

  /** Whether every fping process in force has received a reply since it was started. */
  get measuring(): boolean {
    return [this.#current, this.#next].some((generation) => generation?.unproven.size === 0);
  }

  /**
   * Probes these targets from now on: numeric addresses, each once, in the order of probing; each
   * process also probes the canaries. The processes of the list before go on until every new one
   * was heard, and for a period after that, so that each target has had its first probe.
   */
  probe(targets: readonly string[], canaries: readonly string[]): void {
    this.#next?.controller.abort();
    this.#next = this.#start(planProcesses(targets, canaries, this.#options.settings));
  }

  /** Ends all processes. */
  async close(): Promise<void> {
    for (const { controller } of this.#running) controller.abort();
    await Promise.all([...this.#running].map(({ ended }) => ended));
  }

  #start(plans: readonly FpingPlan[]): Generation {
    const controller = new AbortController();
    const unheard = new Set(plans.keys());
    const unproven = new Set(plans.keys());
    const processes = plans.map((plan, index) =>
      superviseFping({
        ...this.#options,
        plan,
        onHeard: () => {
          if (unheard.delete(index) && unheard.size === 0) this.#takeOver(generation);
        },
        onProven: () => unproven.delete(index),
        onEnd: (end, waitMs) => {
          unproven.add(index);
          this.#options.onEnd(end, waitMs);
        },
      }, controller.signal)
    );
    const generation: Generation = {
      controller,
      ended: Promise.all(processes).finally(() => this.#running.delete(generation)),
      unheard,
      unproven,
    };
    this.#running.add(generation);
    return generation;
  }

  async #takeOver(generation: Generation): Promise<void> {
    const { clock, settings } = this.#options;
    try {
      await clock.sleep(settings.periodMs, generation.controller.signal);
    } catch {
      return;
    }
    this.#current?.controller.abort();
    this.#current = generation;
    if (this.#next === generation) this.#next = undefined;
  }
}
