/** One pair of nodes: both directions, and their last minutes as graphs. @module */

import { useEffect, useRef, useState } from "preact/hooks";
import type { JSX } from "preact";
import uPlot from "uplot";
import { percent } from "../../diagnosis/report.ts";
import { lossStep } from "../../matrix/text.ts";
import type { PageData } from "../../matrix/html.ts";
import { colorOf } from "./canvas.ts";
import { mtuText, rttText } from "./words.ts";

/** The last minutes of one direction, as /traces.json has them. */
export interface Trace {
  readonly at: readonly number[];
  readonly loss: readonly (number | null)[];
  readonly rttSeconds: readonly (number | null)[];
}

/** Both directions. */
export interface Traces {
  readonly there: Trace;
  readonly back: Trace;
}

/** What the pair's panel is given. */
export interface PairProps {
  readonly data: PageData;
  /** Indexes of the two nodes. */
  readonly pair: readonly [number, number];
  /** Reads the last minutes; undefined where the page is not live. */
  readonly traces: ((source: string, destination: string) => Promise<Traces>) | undefined;
  /** Changes when the colours do. */
  readonly theme: string;
}

/** The panel of a pair. */
export function PairView({ data, pair: [from, to], traces, theme }: PairProps): JSX.Element {
  const [one = "", other = ""] = [from, to].map((node) => data.nodes[node]?.name ?? "");
  return (
    <section class="pair" aria-label={`${one} and ${other}`}>
      <h2>
        <span>{one}</span> <span class="arrows" aria-hidden="true">⇄</span> <span>{other}</span>
      </h2>
      <table class="directions">
        <thead>
          <tr>
            <th scope="col">Direction</th>
            <th scope="col">Loss</th>
            <th scope="col">Round trip</th>
            <th scope="col">Path MTU</th>
          </tr>
        </thead>
        <tbody>
          <Direction data={data} from={from} to={to} name="there" />
          <Direction data={data} from={to} to={from} name="back" />
        </tbody>
      </table>
      {traces === undefined
        ? <p class="quiet">The live page has graphs of the last minutes.</p>
        : <Graphs at={data.at} source={one} destination={other} traces={traces} theme={theme} />}
    </section>
  );
}

interface DirectionProps {
  readonly data: PageData;
  readonly from: number;
  readonly to: number;
  readonly name: "there" | "back";
}

function Direction({ data, from, to, name }: DirectionProps): JSX.Element {
  const { pairs, nodes, addresses } = data;
  const found: number[] = [];
  for (let pair = 0; pair < pairs.sent.length; pair++) {
    if (pairs.source[pair] === from && pairs.destination[pair] === to) found.push(pair);
  }
  const loss = (pair: number) => (pairs.lost[pair] ?? 0) / Math.max(1, pairs.sent[pair] ?? 0);
  const label = (
    <th scope="row">
      <span class={`key ${name}`} aria-hidden="true" />
      from {nodes[from]?.name}
    </th>
  );
  if (found.length === 0) {
    const isListed = data.unmeasured.some(([one, other]) => one === from && other === to);
    const why = nodes[from]?.noData ??
      (isListed ? "no probe has an outcome: see Problems" : "not probed");
    return (
      <tr>
        {label}
        <td colSpan={3} class="quiet">{why}</td>
      </tr>
    );
  }
  const worst = found.sort((a, b) => loss(b) - loss(a))[0] ?? 0;
  const [rtt = -1, mtu = 0] = [pairs.rttMicros[worst], pairs.mtuBytes[worst]];
  return (
    <tr>
      {label}
      <td>
        <b class={`loss step${lossStep(loss(worst))}`}>{percent(loss(worst))}</b>
        <small>{pairs.lost[worst]} of {pairs.sent[worst]}</small>
      </td>
      <td>{rtt < 0 ? "–" : rttText(rtt)}</td>
      <td>
        {mtu === 0 ? "–" : mtu < 0 ? mtuText(mtu) : mtu}
        <small>{addresses[pairs.address[worst] ?? -1]}</small>
      </td>
    </tr>
  );
}

interface GraphsProps {
  readonly at: number;
  readonly source: string;
  readonly destination: string;
  readonly traces: (source: string, destination: string) => Promise<Traces>;
  readonly theme: string;
}

function Graphs({ at, source, destination, traces, theme }: GraphsProps): JSX.Element {
  const [read, setRead] = useState<{ readonly pair: string; readonly traces: Traces }>();
  const pair = JSON.stringify([source, destination]);
  // Those of another pair, or of before a failure, would look like this one's.
  const shown = read?.pair === pair ? read.traces : undefined;
  useEffect(() => {
    let isCurrent = true;
    // A pointer that sweeps over the matrix asks for nothing.
    const timer = setTimeout(() => {
      traces(source, destination).then(
        (found) => isCurrent && setRead({ pair, traces: found }),
        () => isCurrent && setRead(undefined),
      );
    }, 80);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [at, pair]);
  const series = (read: (trace: Trace) => readonly (number | null)[], scale: number) =>
    shown === undefined ? undefined : ([
      shown.there.at.map((ms) => ms / 1000),
      ...[shown.there, shown.back].map((trace) =>
        read(trace).map((value) => value === null ? null : value * scale)
      ),
    ] as uPlot.AlignedData);
  return (
    <div class="graphs">
      <Graph
        title="Loss"
        unit="%"
        fixed={[0, 100]}
        theme={theme}
        data={series((one) => one.loss, 100)}
      />
      <Graph
        title="Round-trip time"
        unit="ms"
        theme={theme}
        data={series((one) => one.rttSeconds, 1000)}
      />
    </div>
  );
}

interface GraphProps {
  readonly title: string;
  readonly unit: string;
  readonly fixed?: readonly [number, number];
  readonly theme: string;
  readonly data: uPlot.AlignedData | undefined;
}

function Graph({ title, unit, fixed, theme, data }: GraphProps): JSX.Element {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const isThere = data !== undefined;
  useEffect(() => {
    if (host.current === null || data === undefined) return;
    const made = new uPlot(options(host.current.clientWidth, fixed), data, host.current);
    plot.current = made;
    const observer = new ResizeObserver(([entry]) =>
      entry && made.setSize({ width: Math.floor(entry.contentRect.width), height })
    );
    observer.observe(host.current);
    return () => {
      observer.disconnect();
      made.destroy();
    };
  }, [theme, isThere]);
  useEffect(() => void (data && plot.current?.setData(data)), [data]);
  const last = lastOf(data);
  return (
    <figure
      aria-label={`${title}: ${
        last.map((one) => one === null ? "unknown" : `${one} ${unit}`).join(" there, ")
      } back`}
    >
      <figcaption>
        {title} <small>{unit}</small>
      </figcaption>
      <div ref={host} class="graph" />
    </figure>
  );
}

function lastOf(data: uPlot.AlignedData | undefined): (string | null)[] {
  return (data ?? []).slice(1).map((series) => {
    const value = series?.at(-1);
    return value === null || value === undefined ? null : value.toFixed(2);
  });
}

const height = 118;

function options(width: number, fixed: readonly [number, number] | undefined): uPlot.Options {
  const axis: uPlot.Axis = {
    stroke: colorOf("muted"),
    font: "11px system-ui, sans-serif",
    grid: { stroke: colorOf("line"), width: 1 },
    ticks: { show: false },
  };
  const line = (name: string, dash: number[]): uPlot.Series => ({
    ...{ stroke: colorOf(name), width: 1.75, dash, spanGaps: false, points: { show: false } },
  });
  return {
    ...{ width, height, legend: { show: false }, cursor: { y: false, sync: { key: "pair" } } },
    padding: [6, 4, 0, 0],
    scales: {
      y: fixed
        ? { range: [fixed[0], fixed[1]] }
        : { range: (_, __, max) => [0, (max || 1) * 1.15] },
    },
    series: [{}, line("there", []), line("back", [5, 3])],
    axes: [
      { ...axis, values: "{HH}:{mm}:{ss}", space: 80, size: 24 },
      { ...axis, size: 40, space: 26 },
    ],
  };
}
