/** The page: the data that it draws, embedded into it or sent to it, and the one document for both. @module */

import { createHash } from "node:crypto";
import {
  adviceOf,
  namesOf,
  percent,
  staleNodesAdvice,
  verdictEffect,
  verdictTitle,
} from "../diagnosis/report.ts";
import type { Diagnosis, UnmeasuredPair, Verdict } from "../diagnosis/report.ts";
import type { Mesh, PairMeasurement } from "../mesh/mesh.ts";
import script from "./page.js" with { type: "text" };
import board from "./style/board.css" with { type: "text" };
import frame from "./style/frame.css" with { type: "text" };
import pair from "./style/pair.css" with { type: "text" };
import theme from "./style/theme.css" with { type: "text" };

const style = [theme, frame, board, pair].join("");

/** A node of the page. */
export interface PageNode {
  /** Unique. */
  readonly name: string;
  /** Failure zone, where known. */
  readonly zone?: string;
  /** True when it is cordoned. */
  readonly cordoned?: true;
  /** Why its agent gives no data; absent when it does. */
  readonly noData?: string;
  /** True where the cluster does not have it, though the node list does. */
  readonly stale?: true;
}

/** Pairs as columns of equal length: 64,000 objects would take the page longer than drawing them. */
export interface PagePairs {
  /** Index of the node that probes. */
  readonly source: readonly number[];
  /** Index of the node that is probed; of an external target that of its name. */
  readonly destination: readonly number[];
  /** Index of the IP address, or host name, as probed. */
  readonly address: readonly number[];
  /** Probes whose outcome is known. */
  readonly sent: readonly number[];
  /** Of these the lost. */
  readonly lost: readonly number[];
  /** Mean round-trip time in microseconds; -1 where nothing was received or it is not known. */
  readonly rttMicros: readonly number[];
  /** Path MTU in bytes; 0 where it is not known, negative where larger packets vanish. */
  readonly mtuBytes: readonly number[];
}

/** A verdict as the page shows it. */
export interface PageVerdict {
  /** As diagnose has it. */
  readonly kind: Verdict["kind"];
  /** Nodes or zones. */
  readonly names: readonly string[];
  /** In the words of diagnose, without the loss. */
  readonly title: string;
  /** 0 to 1. */
  readonly loss: number;
  /** What it does, in the words of diagnose: "loses 37 %". */
  readonly effect: string;
  /** One sentence, without a period. */
  readonly evidence: string;
  /** The next step, without a period. */
  readonly next: string;
  /** Wall time in milliseconds since which it holds, where that is known. */
  readonly sinceMs?: number;
}

/** A verdict in the timeline. */
export interface PageSpan {
  /** As of {@linkcode PageVerdict}. */
  readonly title: string;
  /** As of {@linkcode PageVerdict}. */
  readonly kind: Verdict["kind"];
  /** Wall time in milliseconds. */
  readonly fromMs: number;
  /** Absent while it holds. */
  readonly toMs?: number;
  /** Highest loss, 0 to 1. */
  readonly loss: number;
}

/** Everything that is drawn, at one moment; also what /mesh.json answers. */
export interface PageData {
  /** Wall time of the newest reading, in milliseconds. */
  readonly at: number;
  /** Time over which the pairs' probes were counted; absent where it is not known. */
  readonly windowSeconds?: number;
  /** Time from one reading to the next; absent in a page that is not live. */
  readonly intervalMs?: number;
  /** Whose agents. */
  readonly title: string;
  /** Each once; pairs name them by index. */
  readonly nodes: readonly PageNode[];
  /** Between nodes. */
  readonly pairs: PagePairs;
  /** Names of external targets; their pairs name them by index. */
  readonly targets: readonly string[];
  /** Pairs of the lists of which nothing was measured, as indexes of nodes. */
  readonly unmeasured: readonly (readonly [source: number, destination: number])[];
  /** From nodes to external targets. */
  readonly externals: PagePairs;
  /** Each once; pairs name them by index. */
  readonly addresses: readonly string[];
  /** Worst first. */
  readonly verdicts: readonly PageVerdict[];
  /** What is said where there is no verdict. */
  readonly allClear: string;
  /** Whether not even a cut link would be a verdict: too little was measured. */
  readonly isUnknown: boolean;
  /** What else is wrong, in words: stale lists, agents that cannot write. */
  readonly problems: readonly string[];
  /** Verdicts since the page began; empty in a page that is not live. */
  readonly history: readonly PageSpan[];
  /** Wall times of the readings that one can go back to. */
  readonly moments: readonly number[];
}

/** What the page shows beside a mesh. */
export interface PageExtras extends Pick<PageData, "at" | "title" | "problems"> {
  /** Length of the window, where there is one. */
  readonly windowSeconds?: number;
  /** As of {@linkcode PageData}. */
  readonly intervalMs?: number;
  /** Where there is a log of verdicts: what holds, and since when. */
  readonly verdicts?: readonly { readonly verdict: Verdict; readonly sinceMs: number }[];
  /** As of {@linkcode PageData}. */
  readonly history?: readonly PageSpan[];
  /** As of {@linkcode PageData}. */
  readonly moments?: readonly number[];
}

/** The page's data. */
export function pageData(mesh: Mesh, diagnosis: Diagnosis, extras: PageExtras): PageData {
  const { history = [], moments = [], windowSeconds, intervalMs } = extras;
  const noData = new Map(
    mesh.sources.filter(({ silent }) => silent)
      .map(({ name, reason }) => [name, reason ?? "no answer"]),
  );
  const stale = new Set(diagnosis.report.stale);
  const nodes = mesh.nodes.map(({ name, zone, cordoned }): PageNode => {
    const reason = noData.get(name);
    return {
      name,
      ...(zone === undefined ? {} : { zone }),
      ...(cordoned ? { cordoned: true } : {}),
      ...(stale.has(name) ? { stale: true } : {}),
      ...(reason === undefined ? {} : { noData: reason }),
    };
  });
  const indexOf = new Map(nodes.map(({ name }, index) => [name, index]));
  const targets = [...new Set(mesh.externals.map(({ destination }) => destination))].sort();
  const targetIndex = new Map(targets.map((name, index) => [name, index]));
  const addresses = [...new Set([...mesh.pairs, ...mesh.externals].map(({ address }) => address))];
  const addressIndex = new Map(addresses.map((address, index) => [address, index]));
  const columns = (measured: readonly PairMeasurement[], destinations: Indexes) =>
    columnsOf(measured, { sources: indexOf, destinations, addresses: addressIndex });
  // A live page's verdicts may be of a narrower time than what it shows.
  const measured = new Set(mesh.pairs.filter(({ sent }) => sent > 0).map(pairOf));
  const notMeasured = diagnosis.report.notMeasured.filter((pair) => !measured.has(pairOf(pair)));
  const shown = extras.verdicts ?? diagnosis.report.verdicts.map((verdict) => ({ verdict }));
  return {
    ...{ at: extras.at, title: extras.title, nodes, targets, addresses, history, moments },
    ...(windowSeconds === undefined ? {} : { windowSeconds }),
    ...(intervalMs === undefined ? {} : { intervalMs }),
    pairs: columns(mesh.pairs, indexOf),
    externals: columns(mesh.externals, targetIndex),
    verdicts: shown.map(({ verdict, ...since }) => pageVerdict(verdict, since)),
    unmeasured: notMeasured.map(({ source, destination }) =>
      [indexOf.get(source) ?? -1, indexOf.get(destination) ?? -1] as const
    ),
    allClear: allClear(diagnosis),
    isUnknown: diagnosis.report.pairs === 0 || diagnosis.smallestLoss === undefined,
    problems: [...extras.problems, ...gapsOf(diagnosis.report.stale, notMeasured)],
  };
}

function pairOf({ source, destination }: Pick<UnmeasuredPair, "source" | "destination">): string {
  return `${source} ${destination}`;
}

/** What no verdict is about: nodes that left, and pairs that nobody measures. */
function gapsOf(
  stale: readonly string[],
  notMeasured: readonly UnmeasuredPair[],
): readonly string[] {
  const more = (count: number) => count > maxNamed ? ` and ${count - maxNamed} more` : "";
  const pairs = notMeasured.slice(0, maxNamed)
    .map(({ source, destination, reason }) => `${source} to ${destination} (${reason})`);
  return [
    ...(stale.length === 0 ? [] : [
      `In the node list, but not in the cluster (${staleNodesAdvice}): ` +
      stale.slice(0, maxNamed).join(", ") + more(stale.length),
    ]),
    ...(pairs.length === 0 ? [] : [`Not measured: ${pairs.join(", ")}${more(notMeasured.length)}`]),
  ];
}

/** Names that one line of problems has, at most. */
const maxNamed = 10;

type Indexes = ReadonlyMap<string, number>;

function columnsOf(
  measured: readonly PairMeasurement[],
  { sources, destinations, addresses }: {
    readonly sources: Indexes;
    readonly destinations: Indexes;
    readonly addresses: Indexes;
  },
): PagePairs {
  const pairs = measured.filter(({ sent }) => sent > 0);
  return {
    source: pairs.map((pair) => sources.get(pair.source) ?? -1),
    destination: pairs.map((pair) => destinations.get(pair.destination) ?? -1),
    address: pairs.map(({ address }) => addresses.get(address) ?? -1),
    sent: pairs.map(({ sent }) => Math.round(sent)),
    lost: pairs.map(({ sent, received }) =>
      Math.round(sent) - Math.min(Math.round(sent), Math.round(received))
    ),
    rttMicros: pairs.map(({ received, rttSumSeconds }) =>
      rttSumSeconds === undefined || received === 0
        ? -1
        : Math.round(1e6 * rttSumSeconds / received)
    ),
    mtuBytes: pairs.map(({ pathMtu }) =>
      pathMtu?.bytes === undefined ? 0 : pathMtu.bytes * (pathMtu.blackHole ? -1 : 1)
    ),
  };
}

function pageVerdict(verdict: Verdict, since: { readonly sinceMs?: number }): PageVerdict {
  return {
    kind: verdict.kind,
    names: namesOf(verdict),
    title: verdictTitle(verdict),
    loss: verdict.loss,
    effect: verdictEffect(verdict),
    evidence: verdict.evidence,
    next: adviceOf(verdict),
    ...(since.sinceMs === undefined ? {} : { sinceMs: since.sinceMs }),
  };
}

function allClear({ report, smallestLoss }: Diagnosis): string {
  if (report.pairs === 0) return "Nothing can be said: no pair of nodes was measured.";
  return smallestLoss === undefined
    ? "No fault found, but so few probes were seen that not even a cut link would show."
    : `No fault found. A link that loses ${percent(smallestLoss)} would have been named.`;
}

/**
 * The page that a server of the same origin feeds, and the Content-Security-Policy to send with it.
 * It begins with the newest data, as JSON, where there are any: a picture at its first paint.
 */
export function livePage(
  json: string | undefined,
): { readonly html: string; readonly policy: string } {
  const html = document("nodeping", {
    ...{ head: "", isLive: true, plain: "<p>The page needs JavaScript.</p>" },
    json: json ?? "",
  });
  return { html, policy: `${policy("'self'")}; frame-ancestors 'none'` };
}

/** The page as one file, to attach to a ticket: it needs nothing else, and asks nobody. */
export function filePage(data: PageData): string {
  const meta = `<meta http-equiv="Content-Security-Policy" content="${policy("'none'")}">\n`;
  return document(`nodeping ${new Date(data.at).toISOString()}`, {
    ...{ head: meta, isLive: false, plain: plainText(data), json: JSON.stringify(data) },
  });
}

/** Scripts and styles are these alone, whatever an agent's answer puts into the page. */
function policy(connect: string): string {
  return [
    "default-src 'none'",
    `script-src '${hashOf(script)}'`,
    `style-src '${hashOf(style)}'`,
    `connect-src ${connect}`,
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
}

function hashOf(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}

interface DocumentParts {
  readonly head: string;
  /** Whether a server feeds it. */
  readonly isLive: boolean;
  /** What is seen without JavaScript, as HTML. */
  readonly plain: string;
  /** The data that it begins with; may be empty. */
  readonly json: string;
}

function document(title: string, { head, isLive, plain, json }: DocumentParts): string {
  // A script element ends at its end tag, wherever it stands.
  const data = json.replaceAll("<", "\\u003c");
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
${head}<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>${escape(title)}</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
<div id="app"${isLive ? " data-live" : ""}></div>
<noscript>${plain}</noscript>
<script type="application/json" id="data">${data}</script>
<script>${script}</script>
</body>
</html>
`;
}

/** What a mail program or a pager shows, where nothing is drawn. */
function plainText({ verdicts, allClear, nodes, problems, title, at }: PageData): string {
  const silent = nodes.flatMap(({ name, noData }) =>
    noData === undefined ? [] : `${name}: ${noData}`
  );
  const lines = verdicts.map((verdict) =>
    `${verdict.title} ${verdict.effect}. ${verdict.evidence}. Next: ${verdict.next}.`
  );
  return `<h1>nodeping</h1><p>${escape(title)}, ${new Date(at).toISOString()}</p><ul>${
    [
      ...(lines.length > 0 ? lines : [allClear]),
      ...silent.map((one) => `No data from ${one}`),
      ...problems,
    ]
      .map((line) => `<li>${escape(line)}</li>`).join("")
  }</ul>`;
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? "");
}
