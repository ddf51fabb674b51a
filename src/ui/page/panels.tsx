/** What stands around the matrix: verdicts, their timeline, and what is not measured. @module */

import type { JSX } from "preact";
import { percent } from "../../diagnosis/report.ts";
import { lossStep } from "../../matrix/text.ts";
import type { PageData, PageVerdict } from "../../matrix/html.ts";
import { lanesOf } from "./lanes.ts";
import { clockText, lengthText } from "./words.ts";

/** What the verdicts are given. */
export interface VerdictsProps {
  readonly data: PageData;
  /** The verdict whose nodes are marked. */
  readonly marked: string | undefined;
  /** Called when one is clicked. */
  readonly onMark: (verdict: PageVerdict) => void;
}

/** Who is to blame, and since when. */
export function Verdicts({ data, marked, onMark }: VerdictsProps): JSX.Element {
  const { verdicts, at, nodes } = data;
  const measuring = nodes.filter(({ noData }) => noData === undefined).length;
  const there = nodes.filter(({ stale }) => !stale).length;
  const rests =
    `${data.pairs.sent.length.toLocaleString("en")} pairs, measured by ${measuring} of ` +
    `${there} nodes`;
  if (verdicts.length === 0) {
    const { isUnknown } = data;
    const [first = "", ...rest] = data.allClear.split(/(?<=\.) /);
    return (
      <section class={`verdicts ${isUnknown ? "unknown" : "clear"}`} aria-label="Verdicts">
        <p class="headline">
          <span class="mark" aria-hidden="true">{isUnknown ? "?" : "✓"}</span> {first}
        </p>
        <p class="quiet">{[...rest, `${rests}.`].join(" ")}</p>
      </section>
    );
  }
  return (
    <section class="verdicts" aria-label="Verdicts">
      <p class="headline">
        <span class="mark" aria-hidden="true">▲</span>
        {verdicts.length === 1 ? " One cause" : ` ${verdicts.length} causes`} found{" "}
        <small>in {rests}</small>
      </p>
      <ol>
        {verdicts.slice(0, 12).map((verdict) => (
          <li key={verdict.title} class={`card edge${lossStep(verdict.loss)}`}>
            <button
              type="button"
              aria-pressed={marked === verdict.title}
              onClick={() =>
                onMark(verdict)}
              title="Mark it in the matrix"
            >
              <span class="what">{verdict.title}</span>
              <span class="how">{verdict.effect}</span>
              {verdict.sinceMs !== undefined && (
                <span class="since">
                  since {clockText(verdict.sinceMs, at)}, {lengthText(at - verdict.sinceMs)}
                </span>
              )}
            </button>
            <p>{verdict.evidence}.</p>
            <p class="next">
              <b>Next:</b> {verdict.next}.
            </p>
          </li>
        ))}
      </ol>
      {verdicts.length > 12 && <p class="quiet">and {verdicts.length - 12} more</p>}
    </section>
  );
}

/** What the timeline is given. */
export interface TimelineProps {
  readonly data: PageData;
  /** The newest reading's time. */
  readonly nowMs: number;
  /** The moment that is looked at; undefined for now. */
  readonly at: number | undefined;
  /** Called with another moment; undefined for now. */
  readonly onMoment: (at: number | undefined) => void;
}

/** Verdicts since the page began; a moment can be gone back to. */
export function Timeline({ data, nowMs, at, onMoment }: TimelineProps): JSX.Element | null {
  const { moments } = data;
  const [first] = moments;
  if (first === undefined || moments.length < 2) return null;
  const { beginMs, lanes, earlier } = lanesOf(data, nowMs);
  const span = Math.max(1, nowMs - beginMs);
  const place = (ms: number) =>
    `${(100 * (Math.max(beginMs, Math.min(ms, nowMs)) - beginMs)) / span}%`;
  const shown = at ?? nowMs;
  const go = (steps: number) => {
    const current = moments.findLastIndex((moment) => moment <= shown);
    const next = moments[Math.max(0, Math.min(moments.length - 1, current + steps))];
    onMoment(next === moments.at(-1) ? undefined : next);
  };
  return (
    <section class="timeline" aria-label="Timeline">
      <h2>
        Timeline{" "}
        <small>
          {at === undefined
            ? `since ${clockText(beginMs, nowMs)}`
            : `${clockText(at, nowMs)}, ${lengthText(nowMs - at)} ago`}
          {earlier > 0 && `, ${earlier} earlier`}
        </small>
        {at !== undefined && (
          <button type="button" onClick={() => onMoment(undefined)}>Back to now</button>
        )}
      </h2>
      <div class="lanes">
        {lanes.length > 0 && (
          <ul class="names" aria-hidden="true">
            {lanes.map(({ title }) => <li key={title} title={title}>{title}</li>)}
          </ul>
        )}
        <div
          class="track"
          role="slider"
          tabIndex={0}
          aria-label="Moment"
          aria-valuemin={first}
          aria-valuemax={nowMs}
          aria-valuenow={shown}
          aria-valuetext={at === undefined ? "now" : clockText(at, nowMs)}
          onKeyDown={(event) => {
            const steps = keySteps[event.key];
            if (steps === undefined) return;
            go(steps);
            event.preventDefault();
            event.stopPropagation();
          }}
          onClick={(event) => {
            const box = event.currentTarget.getBoundingClientRect();
            const ms = beginMs + span * (event.clientX - box.left) / box.width;
            const moment = moments.findLast((one) => one <= ms) ?? first;
            const isNow = box.right - event.clientX < nowPixels || moment === moments.at(-1);
            onMoment(isNow ? undefined : moment);
          }}
        >
          {lanes.length === 0 && (
            <span class="none">no verdict {earlier > 0 ? "since then" : "so far"}</span>
          )}
          {lanes.map(({ title, spans }) => (
            <div class="lane" key={title}>
              {spans.map(({ fromMs, toMs, loss }) => (
                <span
                  key={fromMs}
                  class={`span edge${lossStep(loss)}`}
                  title={`${title}: up to ${percent(loss)}, from ${clockText(fromMs, nowMs)} to ` +
                    (toMs === undefined ? "now" : clockText(toMs, nowMs))}
                  style={{ left: place(fromMs), right: `calc(100% - ${place(toMs ?? nowMs)})` }}
                />
              ))}
            </div>
          ))}
          <span class="kept" style={{ left: place(first) }} aria-hidden="true" />
          <span class="cursor" style={{ left: place(shown) }} aria-hidden="true" />
        </div>
      </div>
    </section>
  );
}

/** So near to its end a click on the timeline means now. */
const nowPixels = 6;

const keySteps: Readonly<Record<string, number>> = {
  ...{ ArrowLeft: -1, ArrowRight: 1, ArrowDown: -1, ArrowUp: 1 },
  ...{ PageDown: -10, PageUp: 10, Home: -Infinity, End: Infinity },
};

/** Sources without data, agents with problems, external targets, and the worst pairs as a table. */
export function Lists({ data }: { readonly data: PageData }): JSX.Element {
  // What left the cluster is a problem of the list, and named there.
  const there = data.nodes.filter(({ stale }) => !stale);
  const missing = there.filter(({ noData }) => noData !== undefined);
  return (
    <div class="lists">
      {missing.length > 0 && (
        <section aria-label="No data">
          <h2>No data from {missing.length} of {there.length} nodes</h2>
          <ul>
            {missing.slice(0, 50).map(({ name, noData }) => (
              <li key={name}>
                <b>{name}</b> {noData}
              </li>
            ))}
          </ul>
          {missing.length > 50 && <p class="quiet">and {missing.length - 50} more</p>}
        </section>
      )}
      {data.problems.length > 0 && (
        <section aria-label="Problems">
          <h2>Problems</h2>
          <ul>{data.problems.map((problem) => <li key={problem}>{problem}</li>)}</ul>
        </section>
      )}
      <Worst data={data} />
      <Externals data={data} />
    </div>
  );
}

function Worst({ data: { pairs, nodes } }: { readonly data: PageData }): JSX.Element {
  const loss = (pair: number) => (pairs.lost[pair] ?? 0) / Math.max(1, pairs.sent[pair] ?? 0);
  const lossy = pairs.lost.flatMap((lost, pair) => lost > 0 ? [pair] : [])
    .sort((one, other) => loss(other) - loss(one)).slice(0, 15);
  return (
    <section aria-label="Worst pairs">
      <h2>Worst pairs</h2>
      {lossy.length === 0 ? <p class="quiet">No pair lost a probe.</p> : (
        <table>
          <thead>
            <tr>
              <th scope="col">Loss</th>
              <th scope="col">Source</th>
              <th scope="col">Destination</th>
              <th scope="col">Lost</th>
            </tr>
          </thead>
          <tbody>
            {lossy.map((pair) => (
              <tr key={pair}>
                <td>
                  <b class={`loss step${lossStep(loss(pair))}`}>{percent(loss(pair))}</b>
                </td>
                <td>{nodes[pairs.source[pair] ?? -1]?.name}</td>
                <td>{nodes[pairs.destination[pair] ?? -1]?.name}</td>
                <td>{pairs.lost[pair]} of {pairs.sent[pair]}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function Externals(
  { data: { externals, targets } }: { readonly data: PageData },
): JSX.Element | null {
  if (externals.sent.length === 0) return null;
  const sums = targets.map((name, target) => {
    let [sent, lost, sources, lossy] = [0, 0, 0, 0];
    externals.destination.forEach((destination, pair) => {
      if (destination !== target) return;
      sent += externals.sent[pair] ?? 0;
      lost += externals.lost[pair] ?? 0;
      sources++;
      if ((externals.lost[pair] ?? 0) > 0) lossy++;
    });
    return { name, loss: lost / Math.max(1, sent), sources, lossy };
  }).sort((one, other) => other.loss - one.loss);
  return (
    <section aria-label="External targets">
      <h2>External targets</h2>
      <table>
        <thead>
          <tr>
            <th scope="col">Loss</th>
            <th scope="col">Target</th>
            <th scope="col">Sources that lose</th>
          </tr>
        </thead>
        <tbody>
          {sums.slice(0, 20).map(({ name, loss, sources, lossy }) => (
            <tr key={name}>
              <td>
                <b class={`loss step${lossStep(loss)}`}>{percent(loss)}</b>
              </td>
              <td>{name}</td>
              <td>{lossy} of {sources}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
