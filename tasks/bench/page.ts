/** Part "ui": what the live page costs the browser that shows it. @module */

import type { CDPSession, Page } from "puppeteer-core";
import type { DestinationTotals, SourceReport } from "../../src/mesh/source_report.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { LiveMesh } from "../../src/ui/live_mesh.ts";
import { servePage } from "../../src/ui/server.ts";
import { openBrowser } from "../../tests/ui/browser.ts";
import type { BenchDeps } from "./deps.ts";
import { spread, table, whole } from "./report.ts";

interface Scene {
  readonly name: string;
  readonly nodes: number;
  readonly peers: number;
  readonly zones: number;
  /** Of the page's URL. */
  readonly hash: string;
}

const scenes: readonly Scene[] = [
  { name: "60, a full mesh, folded", nodes: 60, peers: 59, zones: 3, hash: "" },
  { name: "200, a full mesh, folded", nodes: 200, peers: 199, zones: 3, hash: "" },
  {
    ...{ name: "200, a full mesh, all open", nodes: 200, peers: 199, zones: 3 },
    hash: "#open=zone-a&open=zone-b&open=zone-c",
  },
  { name: "1,000 of 64 peers, folded", nodes: 1000, peers: 64, zones: 6, hash: "" },
  {
    ...{ name: "1,000 of 64 peers, two zones open", nodes: 1000, peers: 64, zones: 6 },
    hash: "#open=zone-a&open=zone-b",
  },
];

/** Refreshes that are measured of each scene. */
const refreshes = 10;
/** Cells that the pointer goes over in each. */
const moves = 40;
const limits = { firstPaintMs: 1000, scriptMs: 50 };

/** Prints paints and script of each scene, in the time of the page's own thread. */
export async function measurePage({ out }: BenchDeps): Promise<void> {
  const rows: string[][] = [];
  for (const scene of scenes) rows.push(await measured(scene));
  const { firstPaintMs, scriptMs } = limits;
  out(
    `\nThe live page in Chromium: first paint within ${whole(firstPaintMs)} ms, ` +
      `${scriptMs} ms of script a refresh\n${table(head, rows)}`,
  );
}

const head = [
  "nodes",
  "first paint ms",
  "first data ms",
  "script ms a refresh",
  "all work ms",
  "ms a pointer move",
  "kB a refresh",
];

async function measured({ name, hash, ...mesh }: Scene): Promise<string[]> {
  const ending = new AbortController();
  const moments: number[] = [];
  const live: LiveMesh = new LiveMesh({
    ...{ title: name, intervalMs: 2000, clock: systemClock, read: countingReader(mesh) },
    warn: () => {},
    send: (event, json) => {
      if (event === "mesh") moments.push(JSON.parse(json).at);
      server.send(event, json);
    },
  });
  const server = servePage({ port: 0, view: live, trouble: live.trouble }, ending.signal);
  const running = live.run(ending.signal);
  try {
    while (live.json() === undefined) await systemClock.sleep(100, ending.signal);
    await using browser = await openBrowser();
    const { page } = browser;
    const session = await page.createCDPSession();
    await session.send("Performance.enable", { timeDomain: "threadTicks" });
    await page.evaluateOnNewDocument(markFirstData);
    await page.goto(`${server.url}${hash}`);
    await page.waitForSelector("header", { timeout: 60_000 });
    const { paint, data } = await firsts(page);
    await afterRefresh(page);
    const work: { readonly script: number; readonly all: number }[] = [];
    for (let refresh = 0; refresh < refreshes; refresh++) {
      const before = await timesOf(session);
      await afterRefresh(page);
      const after = await timesOf(session);
      work.push({ script: after.script - before.script, all: after.all - before.all });
    }
    const move = await costOfMoves(page, session);
    const path = `changes.json?since=${moments.at(-2)}`;
    const changes = await (await fetch(`${server.url}${path}`)).text();
    return [
      ...[name, whole(paint), whole(data), spread(work.map(({ script }) => script), 0)],
      ...[spread(work.map(({ all }) => all), 0), move.toFixed(1)],
      whole(changes.length / 1000),
    ];
  } finally {
    ending.abort();
    await Promise.all([running, server.finished]);
  }
}

/** Runs in the page, before its own script. */
const markFirstData = `
  const observer = new MutationObserver(() => {
    if (!document.querySelector("header")) return;
    observer.disconnect();
    requestAnimationFrame(() => performance.mark("data"));
  });
  observer.observe(document, { childList: true, subtree: true });
`;

async function firsts(page: Page): Promise<{ readonly paint: number; readonly data: number }> {
  await page.waitForFunction("performance.getEntriesByName('data').length > 0");
  return await page.evaluate(`({
    paint: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? NaN,
    data: performance.getEntriesByName("data")[0].startTime,
  })`) as { paint: number; data: number };
}

/** Waits until the page has drawn the next reading. */
async function afterRefresh(page: Page): Promise<void> {
  const state = `document.querySelector("header .state").innerText`;
  const before = await page.evaluate(state);
  await page.waitForFunction(`${state} !== ${JSON.stringify(before)}`, { polling: 100 });
  // What follows a refresh, such as a frame, is of it.
  await systemClock.sleep(500, new AbortController().signal);
}

/** Milliseconds of all work that a pointer causes by going from one cell to another. */
async function costOfMoves(page: Page, session: CDPSession): Promise<number> {
  const box = await (await page.$(".matrix"))?.boundingBox();
  if (!box) throw new Error("The page has no matrix");
  const before = await timesOf(session);
  for (let move = 0; move < moves; move++) {
    await page.mouse.move(box.x + 220 + move * 9, box.y + 180 + move * 9);
    await page.evaluate("new Promise(requestAnimationFrame)");
  }
  return ((await timesOf(session)).all - before.all) / moves;
}

/** Milliseconds of the page's main thread so far. */
async function timesOf(
  session: CDPSession,
): Promise<{ readonly script: number; readonly all: number }> {
  const { metrics } = await session.send("Performance.getMetrics");
  const of = (name: string) => 1000 * (metrics.find((one) => one.name === name)?.value ?? NaN);
  return { script: of("ScriptDuration"), all: of("TaskDuration") };
}

/** Agents that are read at once: each pair has two probes a second, and one link is cut. */
function countingReader(
  { nodes, peers, zones }: Pick<Scene, "nodes" | "peers" | "zones">,
): () => Promise<{ reports: readonly SourceReport[]; missing: []; problems: [] }> {
  const nameOf = (node: number) => `node-${String(node + 1).padStart(4, "0")}`;
  const zoneOf = (node: number) => `zone-${String.fromCharCode(97 + node % zones)}`;
  const startMs = performance.now();
  const lost = new Map<string, number>();
  const rtt = new Float64Array(nodes * peers);
  let before = 0;
  return () => {
    const sent = 100 + Math.floor((performance.now() - startMs) / 500);
    const made = sent - before;
    before = sent;
    const reports = Array.from({ length: nodes }, (_, source): SourceReport => ({
      ...{ source: nameOf(source), zone: zoneOf(source), cordoned: [], measuring: true },
      totals: Array.from({ length: peers }, (_, peer): DestinationTotals => {
        const destination = (source + peer + 1) % nodes;
        const key = `${source} ${destination}`;
        const isCut = Math.min(source, destination) === 1 && Math.max(source, destination) === 4;
        const isWeak = source === 16 || destination === 16;
        const losses = isCut ? made : isWeak ? Math.round(made * Math.random()) : 0;
        if (losses > 0) lost.set(key, (lost.get(key) ?? 0) + losses);
        const pair = source * peers + peer;
        rtt[pair] = (rtt[pair] ?? 0) + made * (0.0002 + Math.random() * 0.0003);
        return {
          ...{ destination: nameOf(destination), zone: zoneOf(destination), kind: "node", sent },
          address: `10.0.${destination >> 8}.${destination & 255}`,
          received: sent - (lost.get(key) ?? 0),
          rttSumSeconds: rtt[pair] ?? 0,
          pathMtu: { bytes: 1500, blackHole: false },
        };
      }),
    }));
    return Promise.resolve({ reports, missing: [], problems: [] });
  };
}
