/** One reading of the mesh, all that is seen of it: verdicts, timeline, matrix, a pair, and lists. @module */

import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import type { PageData, PageVerdict } from "../../matrix/html.ts";
import { layoutOf, nodesOf } from "./layout.ts";
import type { Layout, Place } from "./layout.ts";
import { MatrixView } from "./matrix_view.tsx";
import { PairView } from "./pair_view.tsx";
import type { Traces } from "./pair_view.tsx";
import { Lists, Timeline, Verdicts } from "./panels.tsx";
import { Legend, Tools } from "./toolbar.tsx";
import type { View } from "./view.ts";

/** What the mesh is given. */
export interface MeshProps {
  /** What is shown. */
  readonly data: PageData;
  /** What the timeline leads up to. */
  readonly newest: PageData;
  readonly isLive: boolean;
  readonly view: View;
  readonly change: (part: Partial<View>) => void;
  /** The moment that is looked at; undefined for now. */
  readonly at: number | undefined;
  /** Called with another moment; undefined for now. */
  readonly onMoment: (at: number | undefined) => void;
}

/** Indexes of two nodes, the source first. */
type Pair = readonly [source: number, destination: number];

/** Shows a reading. */
export function MeshView(props: MeshProps): JSX.Element {
  const { data, newest, isLive, view, change, at, onMoment } = props;
  const [marked, setMarked] = useState<string>();
  const layout = useMemo(
    () => layoutOf(data, view),
    [data, view.order, view.filter, view.open],
  );
  const onMark = (verdict: PageVerdict) => {
    setMarked(marked === verdict.title ? undefined : verdict.title);
    change(viewOn(verdict, data, layout, view));
  };
  // A pointer that moves over the matrix changes none of these.
  const verdicts = useMemo(
    () => <Verdicts data={data} marked={marked} onMark={onMark} />,
    [data, marked, layout, view],
  );
  const timeline = useMemo(
    () => isLive && <Timeline data={newest} nowMs={newest.at} at={at} onMoment={onMoment} />,
    [newest, at, isLive, view],
  );
  return (
    <>
      {verdicts}
      {timeline}
      <Work {...{ data, layout, isLive, view, change }} verdict={marked} />
    </>
  );
}

interface WorkProps extends Pick<MeshProps, "data" | "isLive" | "view" | "change"> {
  readonly layout: Layout;
  /** Title of the verdict whose nodes are marked. */
  readonly verdict: string | undefined;
}

/** The matrix, and what is beside it. */
function Work({ data, layout, isLive, view, change, verdict }: WorkProps): JSX.Element {
  const [looked, setLooked] = useState<Pair>();
  const marked = useMarked(data, verdict);
  const pinned = useMemo(() => pinnedOf(data, view.pair), [data.nodes, view.pair]);
  const chosen = useMemo(() => placeOf(layout, pinned), [layout, pinned]);
  const lists = useMemo(() => <Lists data={data} />, [data]);
  const pair = looked ?? pinned;
  const theme = `${view.theme} ${matchMedia("(prefers-color-scheme: dark)").matches}`;
  const pairAt = (place: Place) => pairOf(layout, place);
  return (
    <div class="work">
      <section class="board" aria-label="Matrix">
        <Tools {...{ view, change, layout }} />
        <MatrixView
          {...{ data, layout, show: view.show, theme, marked, chosen }}
          onLook={(place) => setLooked((old) => samePair(old, place && pairAt(place)))}
          onChoose={(place) => {
            const names = pairAt(place)?.map((node) => data.nodes[node]?.name ?? "");
            if (names) change({ pair: [names[0] ?? "", names[1] ?? ""] });
          }}
          onToggle={(groups) => {
            const added = groups.filter((group) => !view.open.includes(group));
            const kept = view.open.filter((group) => !groups.includes(group));
            change({ open: [...kept, ...added] });
          }}
        />
        <Legend
          show={view.show}
          isFolded={layout.rows.items.some((item) => item.isFolded)}
          hasStale={data.nodes.some(({ stale }) => stale)}
        />
      </section>
      <aside>
        {pair
          ? <PairView {...{ data, pair, theme }} traces={isLive ? readTraces : undefined} />
          : (
            <p class="quiet hint">
              Point at a cell, or walk with the arrow keys: both directions of the pair show here.
              Click keeps it.
            </p>
          )}
        {lists}
      </aside>
    </div>
  );
}

/** Opens the groups of a verdict's nodes, and keeps the pair of a link. */
function viewOn(
  { kind, names }: PageVerdict,
  data: PageData,
  layout: Layout,
  view: View,
): Partial<View> {
  const isNamed = (node: number) => names.includes(data.nodes[node]?.name ?? "");
  // Zones are named by what is folded: the cell of two of them shows more than thousands of pairs.
  const folded = layout.rows.items.filter((item) => item.isFolded && item.nodes.some(isNamed))
    .map(({ group }) => group);
  const [one, other] = names;
  const isPair = kind === "link" && one !== undefined && other !== undefined;
  return {
    open: [...view.open, ...(names.length <= 2 ? folded : [])],
    ...(isPair ? { pair: [one, other] } : {}),
  };
}

function pinnedOf({ nodes }: PageData, names: View["pair"]): Pair | undefined {
  if (names === undefined) return undefined;
  const [one, other] = names.map((name) => nodes.findIndex((node) => node.name === name));
  return one === undefined || other === undefined || Math.min(one, other) < 0
    ? undefined
    : [one, other];
}

function pairOf(layout: Layout, { row, column }: Place): Pair | undefined {
  const [from, to] = [layout.rows.items[row], layout.columns.items[column]];
  if (!from || !to || from.isFolded || to.isFolded) return undefined;
  const [one = 0, other = 0] = [from.nodes[0], to.nodes[0]];
  return one === other ? undefined : [one, other];
}

function samePair(old: Pair | undefined, next: Pair | undefined): Pair | undefined {
  return old?.[0] === next?.[0] && old?.[1] === next?.[1] ? old : next;
}

function placeOf(layout: Layout, pair: Pair | undefined): Place | undefined {
  if (pair === undefined) return undefined;
  const find = (axis: Layout["rows"], node: number) =>
    axis.items.findIndex((item) => item.nodes.includes(node));
  const place = { row: find(layout.rows, pair[0]), column: find(layout.columns, pair[1]) };
  return place.row < 0 || place.column < 0 ? undefined : place;
}

function useMarked(data: PageData, title: string | undefined): ReadonlySet<number> {
  const verdict = data.verdicts.find((one) => one.title === title);
  return useMemo(
    () => verdict === undefined ? new Set() : nodesOf(data, verdict),
    [verdict?.names.join("|"), data.nodes],
  );
}

async function readTraces(source: string, destination: string): Promise<Traces> {
  const query = new URLSearchParams({ source, destination });
  const response = await fetch(`traces.json?${query}`);
  return await response.json();
}
