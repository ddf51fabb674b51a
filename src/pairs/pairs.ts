/** All pairs of this node: who is probed, and what became of it. @module */

import type { IcmpErrorType } from "../fping/output.ts";
import type { Outcome } from "../fping/ledger.ts";
import { PairTotals, RttHistogram } from "./pair.ts";
import type { LossRunEvent, PairTotalsOptions } from "./pair.ts";
import { identityOf } from "../targets/destination.ts";
import type { Destination } from "../targets/destination.ts";

/** One destination and its totals. */
export interface Pair {
  /** Who is probed. */
  readonly destination: Destination;
  /** What became of its probes. */
  readonly totals: PairTotals;
  /** Distribution that it is counted in, with all nodes of its zone; externals are in none. */
  readonly distribution: RttHistogram | undefined;
}

/** The pairs that one target stands for: none once it is gone, and several where names share it. */
export interface Route {
  /** One for each name that has the address. */
  readonly pairs: readonly Pair[];
}

/** Settings of {@linkcode Pairs}. */
export interface PairsOptions {
  /** How totals are kept. */
  readonly totals: PairTotalsOptions;
  /** Receives runs of lost probes that last, and their end. */
  readonly onLossRun: (destination: Destination, event: LossRunEvent) => void;
}

/** The pairs of the current list; totals live on as long as their destination is listed. */
export class Pairs {
  readonly #options: PairsOptions;
  #byIdentity = new Map<string, Pair>();
  readonly #routes = new Map<string, { pairs: Pair[] }>();
  #zones = new Map<string | undefined, RttHistogram>();

  /** Knows no destination yet. */
  constructor(options: PairsOptions) {
    this.#options = options;
  }

  /** The pairs, in the order of the list. */
  get all(): Iterable<Pair> {
    return this.#byIdentity.values();
  }

  /**
   * Distribution of the round-trip times to nodes, by their zone; undefined where it is unknown.
   */
  get distributions(): ReadonlyMap<string | undefined, RttHistogram> {
    return this.#zones;
  }

  /**
   * Applies a new list: new destinations begin at zero, gone ones are forgotten, and a loss
   * burst of a removed one is reported with its end.
   */
  replace(destinations: readonly Destination[]): void {
    const before = this.#byIdentity;
    const nodes = destinations.filter(({ kind }) => kind === "node");
    const zones = new Set(nodes.map(({ zone }) => zone));
    this.#zones = new Map(
      [...zones].map((zone) => [zone, this.#zones.get(zone) ?? new RttHistogram()]),
    );
    this.#byIdentity = new Map(destinations.map((destination) => {
      const identity = identityOf(destination);
      const totals = before.get(identity)?.totals ?? new PairTotals(this.#options.totals);
      const isNode = destination.kind === "node";
      const distribution = isNode ? this.#zones.get(destination.zone) : undefined;
      return [identity, { destination, totals, distribution }];
    }));
    for (const [identity, { destination, totals }] of before) {
      const event = this.#byIdentity.has(identity) ? undefined : totals.end();
      if (event !== undefined) this.#options.onLossRun(destination, event);
    }
  }

  /**
   * Says which target stands for which destination; returns the targets. A destination without an
   * address yet is left out, and one address is one target, however many names it has.
   */
  route(targetOf: (destination: Destination) => string | undefined): readonly string[] {
    const routed = new Set<string>();
    for (const route of this.#routes.values()) route.pairs = [];
    for (const pair of this.#byIdentity.values()) {
      const target = targetOf(pair.destination);
      if (target === undefined) continue;
      routed.add(target);
      this.#route(target).pairs.push(pair);
    }
    for (const target of this.#routes.keys()) {
      if (!routed.has(target)) this.#routes.delete(target);
    }
    return [...routed];
  }

  /** The routes of the current targets, by target. */
  get routes(): ReadonlyMap<string, Route> {
    return this.#routes;
  }

  /** The route of a target; it is the same one as long as the target stands for any destination. */
  routeOf(target: string): Route {
    return this.#routes.get(target) ?? { pairs: [] };
  }

  /** Counts an outcome for every destination of the route. */
  record({ pairs }: Route, outcome: Outcome, nowMs: number): void {
    for (const { destination, totals, distribution } of pairs) {
      for (const event of totals.record(outcome, nowMs)) {
        this.#options.onLossRun(destination, event);
      }
      if ("rttSeconds" in outcome) distribution?.observe(outcome.rttSeconds);
    }
  }

  /** Counts an ICMP error for every destination that the target stands for. */
  recordIcmpError(target: string, type: IcmpErrorType): void {
    for (const { totals } of this.routeOf(target).pairs) totals.recordIcmpError(type);
  }

  #route(target: string): { pairs: Pair[] } {
    const route = this.#routes.get(target) ?? { pairs: [] };
    this.#routes.set(target, route);
    return route;
  }
}
