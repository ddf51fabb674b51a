/** What one exposition reads. @module */

import type { Pairs } from "../probes/pairs.ts";
import type { AgentStatus } from "./agent_status.ts";

/** The state that is exposed, and the constants of this agent. */
export interface MetricSource {
  readonly pairs: Pairs;
  readonly status: AgentStatus;
  readonly sourceNode: string;
  readonly version: string;
  readonly denoVersion: string;
  readonly periodSeconds: number;
  /** Zone of the own node, where known. */
  readonly sourceZone: () => string | undefined;
  readonly measuring: () => boolean;
  readonly monotonicMs: () => number;
  readonly wallMs: () => number;
}
