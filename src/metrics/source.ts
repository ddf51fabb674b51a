/** What one exposition reads. @module */

import type { Pairs } from "../probes/pairs.ts";
import type { AgentStatus } from "./agent_status.ts";

/** The state that is exposed, and the constants of this agent. */
export interface MetricSource {
  /** Totals of every destination. */
  readonly pairs: Pairs;
  /** Counts of the agent itself. */
  readonly status: AgentStatus;
  /** Label source_node of every series. */
  readonly sourceNode: string;
  /** Version of nodeping. */
  readonly version: string;
  /** Version of the runtime. */
  readonly denoVersion: string;
  /** Configured time between two probes of a destination. */
  readonly periodSeconds: number;
  /** Zone of the own node, where known. */
  readonly sourceZone: () => string | undefined;
  /** Whether any reply has come since the start. */
  readonly measuring: () => boolean;
  /** Milliseconds that never step, for windows of time. */
  readonly monotonicMs: () => number;
  /** Unix time in milliseconds, for timestamps. */
  readonly wallMs: () => number;
}
