/** What surrounds the matrix: header, tools and legend. @module */

import type { JSX } from "preact";
import type { PageData } from "../../matrix/html.ts";
import type { Shown } from "../../matrix/text.ts";
import { isOld, useNow } from "./feed.ts";
import type { Feed } from "./feed.ts";
import type { Layout } from "./layout.ts";
import type { Order, Theme, View } from "./view.ts";
import { clockText, lengthText } from "./words.ts";

/** What the header is given. */
export interface HeaderProps {
  readonly data: PageData;
  readonly feed: Feed;
  readonly isLive: boolean;
  readonly view: View;
  readonly change: (part: Partial<View>) => void;
  readonly paused: PageData | undefined;
  readonly pause: () => void;
}

/** Whose mesh, how fresh, and what can be done with the page. */
export function Header(
  { data, feed, isLive, view, change, paused, pause }: HeaderProps,
): JSX.Element {
  const file = `nodeping-${new Date(data.at).toISOString().slice(0, 19).replaceAll(":", "")}.html`;
  const isNow = paused === undefined && view.at === undefined;
  return (
    <header>
      <h1>nodeping</h1>
      <p class="whose">
        {`${data.title} `}
        <small>
          · {data.nodes.length} nodes
          {data.windowSeconds !== undefined && ` · probes of the last ${data.windowSeconds} s`}
        </small>
      </p>
      {isLive ? <Freshness feed={feed} /> : (
        <p class="state">
          made at {new Date(data.at).toISOString().slice(0, 19).replace("T", " ")} UTC
        </p>
      )}
      {isLive && (
        <button type="button" aria-pressed={!isNow} onClick={pause} title="Key: p">
          {paused ? "Go on" : "Pause"}
        </button>
      )}
      {isLive && (
        <a class="button" href={`matrix.html${isNow ? "" : `?at=${data.at}`}`} download={file}>
          Save
        </a>
      )}
      <Choice
        label="Colours"
        value={view.theme}
        among={[["auto", "auto"], ["light", "light"], ["dark", "dark"]]}
        onChange={(theme: Theme) => change({ theme })}
      />
    </header>
  );
}

/** Whether what is shown is of now; else since when it is not, and why. */
function Freshness({ feed }: { readonly feed: Feed }): JSX.Element {
  const nowMs = useNow();
  const ageMs = Math.max(0, nowMs - feed.receivedMs);
  const readAt = feed.newest?.at ?? nowMs;
  if (!feed.isConnected) {
    return (
      <p class="state old" role="status">
        ◌ Old: the page's server has not answered since {clockText(feed.receivedMs, nowMs)}
      </p>
    );
  }
  if (feed.trouble) {
    return (
      <p class="state old" role="status">
        ◌ Old: last reading {clockText(readAt, nowMs)}, {lengthText(nowMs - readAt)} ago.{" "}
        <span class="why">{feed.trouble.message}</span>
      </p>
    );
  }
  return isOld(feed, nowMs)
    ? <p class="state old" role="status">◌ Old: nothing new for {lengthText(ageMs)}</p>
    : (
      <p class="state">
        <span class="dot" aria-hidden="true" /> Live · {clockText(readAt, nowMs)}
      </p>
    );
}

/** What the tools are given. */
export interface ToolsProps {
  readonly view: View;
  readonly change: (part: Partial<View>) => void;
  readonly layout: Layout;
}

/** So many rows draw fast enough; of more nodes some groups are unfolded. */
const maxUnfolded = 1000;

/** What the matrix shows, in which order, and of which nodes. */
export function Tools({ view, change, layout }: ToolsProps): JSX.Element {
  const folded = layout.rows.items.filter(({ isFolded }) => isFolded).map(({ group }) => group);
  const nodes = layout.rows.items.reduce((sum, item) => sum + item.nodes.length, 0);
  const canFold = layout.rows.groups.some(({ name }) => view.open.includes(name));
  return (
    <div class="tools">
      <Choice
        label="Show"
        value={view.show}
        among={[["loss", "Loss"], ["rtt", "Round trip"], ["mtu", "Path MTU"]]}
        onChange={(show: Shown) => change({ show })}
      />
      <Choice
        label="Sort by"
        value={view.order}
        among={[["zone", "Zone"], ["name", "Name"], ["loss", "Loss"]]}
        onChange={(order: Order) => change({ order })}
      />
      <label class="filter">
        <span>Filter</span>
        <input
          type="search"
          value={view.filter}
          placeholder="name or zone ( / )"
          onInput={(event) => change({ filter: event.currentTarget.value })}
        />
      </label>
      {folded.length > 0 && nodes <= maxUnfolded && (
        <button
          type="button"
          onClick={() => change({ open: [...view.open, ...folded] })}
        >
          Unfold all
        </button>
      )}
      {canFold && <button type="button" onClick={() => change({ open: [] })}>Fold all</button>}
    </div>
  );
}

interface ChoiceProps<T extends string> {
  readonly label: string;
  readonly value: T;
  readonly among: readonly (readonly [T, string])[];
  readonly onChange: (value: T) => void;
}

function Choice<T extends string>({ label, value, among, onChange }: ChoiceProps<T>): JSX.Element {
  return (
    <fieldset class="choice">
      <legend>{label}</legend>
      {among.map(([one, text]) => (
        <label key={one}>
          <input type="radio" name={label} checked={one === value} onChange={() => onChange(one)} />
          <span>{text}</span>
        </label>
      ))}
    </fieldset>
  );
}

const legends: Readonly<Record<Shown, readonly string[]>> = {
  loss: ["none", "below 1 %", "below 10 %", "below 50 %", "more"],
  rtt: ["below 0.3 ms", "below 1 ms", "below 5 ms", "below 20 ms", "more"],
  mtu: ["as the largest", "", "smaller", "", "larger packets vanish"],
};

/** What the colours and marks mean. */
export function Legend({ show, isFolded, hasStale }: {
  readonly show: Shown;
  readonly isFolded: boolean;
  readonly hasStale: boolean;
}): JSX.Element {
  const scale = show === "rtt" ? "r" : "l";
  return (
    <p class="legend">
      Rows probe columns.
      {legends[show].map((text, step) =>
        text && (
          <span key={text}>
            <i style={{ background: `var(--${scale}${step})` }} aria-hidden="true" /> {text}
          </span>
        )
      )}
      {show === "loss" && isFolded && (
        <span>
          <b>◥</b> worst pair of the group
        </span>
      )}
      <span>
        <b>?</b> not measured
      </span>
      {hasStale && (
        <span>
          <b>x</b> not in the cluster
        </span>
      )}
      <span>
        <b>·</b> not probed
      </span>
      <span>
        <b>#</b> cordoned
      </span>
    </p>
  );
}
