/** What the agent tells of itself. @module */

import { fpingRestartReasons } from "./families.ts";
import type { FpingRestartReason } from "./families.ts";

/** State of the agent, changed by its parts as things happen and read at each exposition. */
export class AgentStatus {
  /** Version of fping; "unknown" until it could be asked. */
  fpingVersion = "unknown";
  /** nodeping_agent_targets: addresses that fping is given. */
  targets = 0;
  /** Number of nodes that are probed. */
  meshDegree = 0;
  /** Whether a node list is in force. */
  listLoaded = false;
  /** nodeping_agent_in_node_list. */
  inNodeList = false;
  /** Hash of the node list in force; undefined until there is one. */
  configHash: string | undefined;
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
