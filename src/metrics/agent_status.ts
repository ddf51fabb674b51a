/** What the agent tells of itself. @module */

import { fpingRestartReasons } from "./families.ts";
import type { FpingRestartReason } from "./families.ts";

/** State of the agent, changed by its parts as things happen and read at each exposition. */
export class AgentStatus {
  /** Version of fping; "unknown" until it could be asked. */
  fpingVersion = "unknown";
  targets = 0;
  /** Number of nodes that are probed. */
  meshDegree = 0;
  /** Whether a node list is in force. */
  listLoaded = false;
  inNodeList = false;
  /** Hash of the node list in force; undefined until there is one. */
  configHash: string | undefined;
  reloadSucceeded = false;
  reloadTimestampSeconds = 0;
  readonly fpingRestarts = new Map<FpingRestartReason, number>(
    fpingRestartReasons.map((reason) => [reason, 0]),
  );
  wrongSource = 0;
  clockSteps = 0;
  unparsedLines = 0;
  resolutionFailures = 0;
  textfileWriteSeconds = 0;
  textfileWriteErrors = 0;
  /** Monotonic time of the latest outcome of any probe. */
  latestOutcomeMs = -Infinity;

  /** Counts a restart of fping. */
  countRestart(reason: FpingRestartReason): void {
    this.fpingRestarts.set(reason, (this.fpingRestarts.get(reason) ?? 0) + 1);
  }
}
