/** The page: draws the data that is embedded in it, or what its server sends as it comes. @module */

import { render } from "preact";
import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { PageData, PageVerdict } from "../../matrix/html.ts";
import { layoutOf } from "./layout.ts";
import type { Layout, Place } from "./layout.ts";
import { MatrixView } from "./matrix_view.tsx";
import { PairView } from "./pair_view.tsx";
import type { Traces } from "./pair_view.tsx";
import { Lists, Timeline, Verdicts } from "./panels.tsx";
import { hashOf, viewOf } from "./view.ts";
import type { Theme, View } from "./view.ts";
import { Header, Legend, Tools } from "./toolbar.tsx";
import type { Feed, Trouble } from "./toolbar.tsx";
import { clockText } from "./words.ts";

function App({ embedded }: { readonly embedded: PageData | undefined }): JSX.Element {
  const isLive = embedded === undefined;
  const [view, setView] = useView();
  const feed = useFeed(isLive);
  const [paused, setPaused] = useState<PageData>();
  const moment = useMoment(isLive ? view.at : undefined);
  const newest = embedded ?? feed.newest;
  const data = moment ?? paused ?? newest;
  const [verdict, setVerdict] = useState<string>();
  const [looked, setLooked] = useState<readonly [number, number]>();
  useTheme(view.theme);
  const change = (part: Partial<View>) => setView({ ...view, ...part });
  const pause = () => setPaused(paused === undefined ? newest : undefined);
  useKeys(pause);

  const layout = useMemo(
    () => data && layoutOf(data, view),
    [data, view.order, view.filter, view.open],
  );
  const marked = useMarked(data, verdict);
  if (data === undefined || layout === undefined) return <Waiting feed={feed} />;
  const indexOf = (name: string) => data.nodes.findIndex((node) => node.name === name);
  const pinned = view.pair && ([indexOf(view.pair[0]), indexOf(view.pair[1])] as const);
  const pair = looked ?? (pinned && Math.min(...pinned) >= 0 ? pinned : undefined);
  const pairAt = ({ row, column }: Place): readonly [number, number] | undefined => {
    const [from, to] = [layout.rows.items[row], layout.columns.items[column]];
    if (!from || !to || from.isFolded || to.isFolded) return undefined;
    const [one = 0, other = 0] = [from.nodes[0], to.nodes[0]];
    return one === other ? undefined : [one, other];
  };
  const choose = (nodes: readonly [number, number] | undefined) =>
    nodes && change({
      pair: [data.nodes[nodes[0]]?.name ?? "", data.nodes[nodes[1]]?.name ?? ""],
    });
  const onMark = (one: PageVerdict) => {
    setVerdict(verdict === one.title ? undefined : one.title);
    const [first, second] = one.names.map(indexOf);
    const open = layout.rows.items.filter((item) =>
      item.isFolded && item.nodes.some((node) => one.names.includes(data.nodes[node]?.name ?? ""))
    ).map(({ group }) => group);
    const isLink = one.kind === "link" && first !== undefined && second !== undefined;
    change({
      open: [...view.open, ...(one.names.length <= 2 ? open : [])],
      ...(isLink ? { pair: [one.names[0] ?? "", one.names[1] ?? ""] } : {}),
    });
  };
  const theme = `${view.theme} ${matchMedia("(prefers-color-scheme: dark)").matches}`;
  return (
    <>
      <Header {...{ data, feed, isLive, view, change, paused, pause }} />
      <main>
        {(moment ?? paused) && (
          <p class="past" role="status">
            {moment ? "A moment of the past" : "Paused"}: {clockText(data.at, Date.now())}.{" "}
            <button
              type="button"
              onClick={() => {
                setPaused(undefined);
                change({ at: undefined });
              }}
            >
              Back to now
            </button>
          </p>
        )}
        <Verdicts data={data} marked={verdict} onMark={onMark} />
        {isLive && (
          <Timeline
            data={newest ?? data}
            nowMs={newest?.at ?? data.at}
            at={view.at ?? paused?.at}
            onMoment={(at) => {
              setPaused(undefined);
              change({ at });
            }}
          />
        )}
        <div class="work">
          <section class="board" aria-label="Matrix">
            <Tools {...{ view, change, data, layout }} />
            <MatrixView
              {...{ data, layout, show: view.show, theme, marked }}
              chosen={placeOf(layout, pinned)}
              onLook={(place) => setLooked(place && pairAt(place))}
              onChoose={(place) => choose(pairAt(place))}
              onToggle={(groups) => {
                const added = groups.filter((group) => !view.open.includes(group));
                const kept = view.open.filter((group) => !groups.includes(group));
                change({ open: [...kept, ...added] });
              }}
            />
            <Legend
              show={view.show}
              isFolded={layout.rows.items.some((item) => item.isFolded)}
            />
          </section>
          <aside>
            {pair
              ? (
                <PairView
                  {...{ data, pair, theme }}
                  traces={isLive ? readTraces : undefined}
                />
              )
              : (
                <p class="quiet hint">
                  Point at a cell, or walk with the arrow keys: both directions of the pair show
                  here. Click keeps it.
                </p>
              )}
            <Lists data={data} />
          </aside>
        </div>
      </main>
      <Announcer data={data} />
    </>
  );
}

function placeOf(layout: Layout, pair: readonly [number, number] | undefined): Place | undefined {
  if (pair === undefined) return undefined;
  const [row, column] = [[layout.rows, pair[0]], [layout.columns, pair[1]]] as const;
  const find = ([axis, node]: readonly [Layout["rows"], number]) =>
    axis.items.findIndex((item) => item.nodes.includes(node));
  const place = { row: find(row), column: find(column) };
  return place.row < 0 || place.column < 0 ? undefined : place;
}

async function readTraces(source: string, destination: string): Promise<Traces> {
  const query = new URLSearchParams({ source, destination });
  const response = await fetch(`traces.json?${query}`);
  return await response.json();
}

function Waiting({ feed }: { readonly feed: Feed }): JSX.Element {
  return (
    <main class="waiting">
      <h1>nodeping</h1>
      <p role="status">
        {feed.trouble
          ? feed.trouble.message
          : feed.isConnected
          ? "Reading the agents: the first picture comes after two readings."
          : "The page's server does not answer: is helm nodeping ui still running?"}
      </p>
    </main>
  );
}

/** Says what changed to those who do not see it. */
function Announcer({ data }: { readonly data: PageData }): JSX.Element {
  const titles = data.verdicts.map(({ title }) => title);
  const before = useRef<readonly string[]>(titles);
  const [said, setSaid] = useState("");
  useEffect(() => {
    const begun = titles.filter((title) => !before.current.includes(title));
    const gone = before.current.filter((title) => !titles.includes(title));
    before.current = titles;
    if (begun.length + gone.length === 0) return;
    setSaid([
      ...begun.map((title) => `New: ${title}`),
      ...gone.map((title) => `Gone: ${title}`),
    ].join(". "));
  }, [titles.join("|")]);
  return <p class="unseen" role="status" aria-live="polite">{said}</p>;
}

function useMarked(data: PageData | undefined, title: string | undefined): ReadonlySet<number> {
  const names = data?.verdicts.find((verdict) => verdict.title === title)?.names ?? [];
  const key = names.join("|");
  return useMemo(
    () => new Set(data?.nodes.flatMap(({ name }, node) => names.includes(name) ? [node] : [])),
    [key, data?.nodes.length],
  );
}

function useView(): [View, (view: View) => void] {
  const [view, setView] = useState(() => viewOf(location.hash));
  useEffect(() => {
    const read = () => setView(viewOf(location.hash));
    addEventListener("hashchange", read);
    return () => removeEventListener("hashchange", read);
  }, []);
  return [view, (next) => {
    const hash = hashOf(next);
    history.replaceState(null, "", hash === "" ? location.pathname : `#${hash}`);
    setView(next);
  }];
}

/** What the server sends; the browser connects again by itself. */
function useFeed(isLive: boolean): Feed {
  const [feed, setFeed] = useState<Feed>({
    ...{ newest: undefined, trouble: undefined, isConnected: true, heardMs: Date.now() },
  });
  useEffect(() => {
    if (!isLive) return;
    const events = new EventSource("events");
    events.addEventListener("mesh", (event) => {
      const newest: PageData = JSON.parse(event.data);
      setFeed({ newest, trouble: undefined, isConnected: true, heardMs: Date.now() });
    });
    events.addEventListener("trouble", (event) => {
      const trouble: Trouble = JSON.parse(event.data);
      setFeed((old) => ({ ...old, trouble, isConnected: true, heardMs: Date.now() }));
    });
    events.onopen = () => setFeed((old) => ({ ...old, isConnected: true }));
    events.onerror = () => setFeed((old) => ({ ...old, isConnected: false }));
    return () => events.close();
  }, [isLive]);
  return feed;
}

/** The data of a moment, read when it is asked for; undefined for now. */
function useMoment(at: number | undefined): PageData | undefined {
  const [read, setRead] = useState<{ at: number; data: PageData }>();
  useEffect(() => {
    if (at === undefined) return setRead(undefined);
    let isCurrent = true;
    fetch(`mesh.json?at=${at}`).then((response) => response.json()).then(
      (data: PageData) => isCurrent && setRead({ at, data }),
      () => undefined,
    );
    return () => void (isCurrent = false);
  }, [at]);
  return at === undefined ? undefined : read?.data;
}

function useTheme(theme: Theme): void {
  const [, redraw] = useState(0);
  useMemo(() => {
    if (theme === "auto") delete document.documentElement.dataset["theme"];
    else document.documentElement.dataset["theme"] = theme;
  }, [theme]);
  useEffect(() => {
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const changed = () => redraw((count) => count + 1);
    dark.addEventListener("change", changed);
    return () => dark.removeEventListener("change", changed);
  }, []);
}

function useKeys(pause: () => void): void {
  const current = useRef(pause);
  current.current = pause;
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const isTyping = event.target instanceof HTMLInputElement && event.target.type === "search";
      if (event.key === "Escape" && isTyping) event.target.blur();
      if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "p") current.current();
      if (event.key === "/") {
        document.querySelector<HTMLInputElement>("input[type=search]")?.focus();
        event.preventDefault();
      }
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
}

const embedded = document.getElementById("data")?.textContent;
const app = document.getElementById("app");
if (app) render(<App embedded={embedded ? JSON.parse(embedded) : undefined} />, app);
