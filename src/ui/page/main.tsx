/** The page: draws the data that is embedded in it, or what its server sends as it comes. @module */

import { render } from "preact";
import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { PageData } from "../../matrix/html.ts";
import { isOld, useFeed, useNow } from "./feed.ts";
import type { Feed } from "./feed.ts";
import { hashOf, viewOf } from "./view.ts";
import type { Theme, View } from "./view.ts";
import { MeshView } from "./mesh_view.tsx";
import { Header } from "./toolbar.tsx";
import { clockText } from "./words.ts";

interface AppProps {
  /** What the page began with; a live page may begin before the first reading. */
  readonly embedded: PageData | undefined;
  /** Whether a server feeds it. */
  readonly isLive: boolean;
}

function App({ embedded, isLive }: AppProps): JSX.Element {
  const [view, setView] = useView();
  const feed = useFeed(isLive, embedded);
  const [paused, setPaused] = useState<PageData>();
  const moment = useMoment(isLive ? view.at : undefined);
  const { newest } = feed;
  const data = moment ?? paused ?? newest;
  useTheme(view.theme);
  const change = (part: Partial<View>) => setView({ ...view, ...part });
  const pause = () => setPaused(paused === undefined ? newest : undefined);
  useKeys(pause);
  const onMoment = (at: number | undefined) => {
    setPaused(undefined);
    change({ at });
  };
  // By itself, so that its clock draws nothing anew.
  const title = isLive && <Title feed={feed} />;
  if (data === undefined) {
    return (
      <>
        {title}
        <Waiting feed={feed} />
      </>
    );
  }
  return (
    <>
      {title}
      <Header {...{ data, feed, isLive, view, change, paused, pause }} />
      <main>
        {(moment ?? paused) && (
          <p class="past" role="status">
            {moment ? "A moment of the past" : "Paused"}: {clockText(data.at, Date.now())}.{" "}
            <button type="button" onClick={() => onMoment(undefined)}>Back to now</button>
          </p>
        )}
        <MeshView
          {...{ data, newest: newest ?? data, isLive, view, change, onMoment }}
          at={view.at ?? paused?.at}
        />
      </main>
      <Announcer data={data} />
    </>
  );
}

function Waiting({ feed }: { readonly feed: Feed }): JSX.Element {
  return (
    <main class="waiting">
      <h1>nodeping</h1>
      <p role="status">
        {feed.trouble
          ? feed.trouble.message
          : feed.isConnected
          ? "Reading: the first picture comes after two readings, of a Prometheus after one."
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

/** A tab in the background says whether there is a fault, and whether that is old. */
function Title({ feed }: { readonly feed: Feed }): null {
  const count = feed.newest?.verdicts.length ?? 0;
  const isStale = isOld(feed, useNow());
  useEffect(() => {
    const causes = count === 1 ? "▲ 1 cause" : `▲ ${count} causes`;
    document.title = [...(isStale ? ["◌ Old"] : []), ...(count > 0 ? [causes] : []), "nodeping"]
      .join(" · ");
  }, [count, isStale]);
  return null;
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
if (app) {
  const data = embedded ? JSON.parse(embedded) : undefined;
  render(<App embedded={data} isLive={app.dataset["live"] !== undefined} />, app);
}
