/** Which part of the past the timeline shows, and of which verdicts. @module */

import type { PageData, PageSpan } from "../../matrix/html.ts";

/** The timeline, from its begin to now. */
export interface Lanes {
  /** Wall time in milliseconds. */
  readonly beginMs: number;
  /** Verdicts that held since then, one lane for each title: those that held last, in the order of their ends. */
  readonly lanes: readonly { readonly title: string; readonly spans: readonly PageSpan[] }[];
  /** Verdicts that were over before it begins. */
  readonly earlier: number;
}

/** Lanes, at most. */
const maxLanes = 6;
/** The readings that one can go back to take at least this part of it: they must be wide enough to click. */
const keptShare = 1 / 4;

/** Arranges the verdicts of a page that is live. */
export function lanesOf({ history, moments }: PageData, nowMs: number): Lanes {
  const [keptMs = nowMs] = moments;
  const beginMs = Math.max(
    Math.min(keptMs, ...history.map(({ fromMs }) => fromMs)),
    nowMs - (nowMs - keptMs) / keptShare,
  );
  const endOf = ({ toMs = Infinity }: PageSpan) => toMs;
  const shown = history.filter((span) => endOf(span) >= beginMs)
    .sort((one, other) => endOf(one) - endOf(other) || one.fromMs - other.fromMs);
  const byTitle = Map.groupBy(shown.toReversed(), ({ title }) => title);
  const lanes = [...byTitle].slice(0, maxLanes).map(([title, spans]) => ({ title, spans }));
  return { beginMs, lanes: lanes.reverse(), earlier: history.length - shown.length };
}
