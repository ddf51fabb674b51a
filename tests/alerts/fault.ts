/** What a fault is, and where it is made. @module */

import type { NamedAlert } from "./firing_alerts.ts";

/** A fault and what must come of it. */
export interface Fault {
  readonly name: string;
  readonly alerts: readonly NamedAlert[];
  readonly make: () => Promise<unknown>;
  readonly mend: () => Promise<unknown>;
  /** Set where agents take a while to measure it, which is added to what the alert may take. */
  readonly measuredSeconds?: number;
  /** Set where the alert goes on for a while by design. */
  readonly resolveSeconds?: number;
}

/** Where the faults are made: at least {@linkcode fewestNodes} nodes, and the agents' namespace. */
export interface Place {
  readonly nodes: readonly string[];
  /** Two zones, each with its nodes; what lies between them must be less than half of the mesh. */
  readonly zones: readonly [Zone, Zone];
  readonly namespace: string;
}

/** A zone and its nodes. */
export type Zone = readonly [name: string, nodes: readonly string[]];
