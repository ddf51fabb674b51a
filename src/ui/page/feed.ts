/** What the page's server sends, as it comes: events say that there is something new, and it is read. @module */

import { useEffect, useState } from "preact/hooks";
import type { PageData } from "../../matrix/html.ts";
import { withChanges } from "./changes.ts";
import type { PageChanges } from "./changes.ts";

/** Why there is nothing newer. */
export interface Trouble {
  /** For people. */
  readonly message: string;
}

/** What came from the server, and when. */
export interface Feed {
  /** Undefined before the first reading. */
  readonly newest: PageData | undefined;
  /** Undefined while readings succeed. */
  readonly trouble: Trouble | undefined;
  /** Whether the page's server answers. */
  readonly isConnected: boolean;
  /** By the browser's clock. */
  readonly receivedMs: number;
}

/** Whether what is shown is not of now. */
export function isOld({ newest, trouble, isConnected, receivedMs }: Feed, nowMs: number): boolean {
  const maxAgeMs = Math.max(15_000, 3 * (newest?.intervalMs ?? 0));
  return !isConnected || trouble !== undefined || nowMs - receivedMs > maxAgeMs;
}

/** The browser's clock, each second. */
export function useNow(): number {
  const [nowMs, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return nowMs;
}

/** The feed of a live page, from the data on that it began with; the browser connects again by itself. */
export function useFeed(isLive: boolean, begin: PageData | undefined): Feed {
  const [feed, setFeed] = useState<Feed>({
    ...{ newest: begin, trouble: undefined, isConnected: true, receivedMs: Date.now() },
  });
  useEffect(() => {
    if (!isLive) return;
    const read = makeReader(
      begin,
      (newest) => setFeed((old) => ({ ...old, newest, isConnected: true, receivedMs: Date.now() })),
    );
    const events = new EventSource("events");
    events.addEventListener("mesh", () => {
      setFeed((old) => old.trouble === undefined ? old : { ...old, trouble: undefined });
      read();
    });
    events.addEventListener("trouble", (event) => {
      const trouble: Trouble = JSON.parse(event.data);
      setFeed((old) => ({ ...old, trouble, isConnected: true, receivedMs: Date.now() }));
    });
    events.onopen = () => setFeed((old) => old.isConnected ? old : { ...old, isConnected: true });
    events.onerror = () => setFeed((old) => ({ ...old, isConnected: false }));
    return () => events.close();
  }, [isLive]);
  return feed;
}

/** Reads what is new, once at a time: a page that is slower than the readings leaves some out. */
function makeReader(begin: PageData | undefined, show: (newest: PageData) => void): () => void {
  let newest = begin;
  let isAsked = false;
  let isReading = false;
  const readOnce = async (): Promise<void> => {
    const path = newest === undefined ? "mesh.json" : `changes.json?since=${newest.at}`;
    const response = await fetch(path);
    // Before the second reading there is nothing.
    if (!response.ok) return void await response.body?.cancel();
    const read: PageData | PageChanges = await response.json();
    if (!("from" in read)) newest = read;
    else if (newest?.at === read.from) newest = withChanges(newest, read);
    if (newest !== undefined) show(newest);
  };
  return async () => {
    isAsked = true;
    if (isReading) return;
    isReading = true;
    while (isAsked) {
      isAsked = false;
      // A server that went away says so by its events, and the next one asks again.
      await readOnce().catch(() => undefined);
    }
    isReading = false;
  };
}
