/** The state of the agent, and all that one exposition reads. @module */

import { fpingRestartReasons } from "../fping/process.ts";
import type { FpingRestartReason } from "../fping/process.ts";
import type { SkippedEntries } from "../nodes/node_list_parser.ts";
import type { Pairs } from "../pairs/pairs.ts";

/** Why an entry of the node list is not probed. */
export type SkipReason = keyof SkippedEntries | "own_address";

/** State of the agent, changed by its parts as things happen and read at each exposition. */
export class AgentStatus {
  /** Version of fping; "unknown" until it could be asked. */
  fpingVersion = "unknown";
  /** nodeping_agent_targets: addresses that fping is given. */
  targets = 0;
  /** Number of nodes that are probed. */
  meshDegree = 0;
  /** Whether a node list is applied. */
  listLoaded = false;
  /** nodeping_agent_in_node_list. */
  inNodeList = false;
  /** Hash of the current node list; undefined until there is one. */
  configHash: string | undefined;
  /** nodeping_agent_config_skipped_entries, by reason. */
  readonly skippedEntries: Record<SkipReason, number> = {
    invalid: 0,
    unusable_address: 0,
    own_address: 0,
  };
  /** nodeping_agent_unresolved_targets. */
  unresolvedTargets: () => number = () => 0;
  /** nodeping_agent_config_last_reload_success. */
  reloadSucceeded = false;
  /** nodeping_agent_config_last_reload_timestamp_seconds: Unix time. */
  reloadTimestampSeconds = 0;
  /** nodeping_agent_fping_restarts_total, by reason; all reasons from the start. */
  readonly fpingRestarts: Map<FpingRestartReason, number> = new Map(
    fpingRestartReasons.map((reason) => [reason, 0]),
  );
  /** nodeping_agent_wrong_source_total. */
  wrongSource = 0;
  /** nodeping_agent_clock_steps_total. */
  clockSteps = 0;
  /** nodeping_agent_unparsed_lines_total. */
  unparsedLines = 0;
  /** nodeping_agent_resolution_failures_total. */
  resolutionFailures = 0;
  /** nodeping_agent_textfile_write_seconds: of the last write. */
  textfileWriteSeconds = 0;
  /** nodeping_agent_textfile_write_errors_total. */
  textfileWriteErrors = 0;
  /** Monotonic time of the latest outcome of any probe. */
  latestOutcomeMs: number = -Infinity;

  /** Counts a restart of fping. */
  countRestart(reason: FpingRestartReason): void {
    this.fpingRestarts.set(reason, (this.fpingRestarts.get(reason) ?? 0) + 1);
  }
}

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
