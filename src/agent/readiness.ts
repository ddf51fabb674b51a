/** Whether the agent is ready. @module */

import type { AgentStatus } from "../metrics/agent_status.ts";
import type { AgentSettings } from "./settings.ts";

/** However short the period is, a shorter time without outcomes is no news. */
const leastMs = 10_000;

/**
 * Why the agent is not ready, for people; undefined when it is: a list is loaded, and there are no
 * destinations or outcomes arrive, whatever they are. Requests take three quarters of a period, so
 * that outcomes can be a period and a timeout apart.
 */
export function unready(
  status: AgentStatus,
  { periodMs, timeoutMs }: Pick<AgentSettings, "periodMs" | "timeoutMs">,
  nowMs: number,
): string | undefined {
  if (!status.listLoaded) return "No node list is loaded";
  if (status.targets === 0) return undefined;
  const arriving = nowMs - status.latestOutcomeMs < Math.max(leastMs, 2 * periodMs + timeoutMs);
  return arriving ? undefined : "No outcome of any probe arrives: see the log";
}
