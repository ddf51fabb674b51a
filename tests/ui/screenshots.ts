/**
 * Screenshots of the live page, of 5, 60 and 1,000 fake agents, light and dark, into a directory to
 * look at: `deno run -A tests/ui/screenshots.ts DIR`. The one of 60, light, is docs/images/page.png.
 *
 * @module
 */

import { setTimeout as delay } from "node:timers/promises";
import { FakeAgents } from "../fakes/agents.ts";
import type { LossOf } from "../fakes/agents.ts";
import { openBrowser } from "./browser.ts";
import { servePage } from "./served_page.ts";

interface Picture {
  readonly nodes: number;
  readonly zones: number;
  readonly seconds: number;
  readonly loss: LossOf;
  readonly down?: number;
  readonly views: readonly (readonly [name: string, scheme: "light" | "dark", hash: string])[];
}

const isLink = (a: number, b: number, one: number, other: number) =>
  one === a && other === b || one === b && other === a;

const cutAndWeak: LossOf = (one, other) =>
  isLink(1, 4, one, other) ? 1 : one === 16 || other === 16 ? 0.3 : 0;

const pictures: readonly Picture[] = [
  {
    ...{ nodes: 5, zones: 2, seconds: 20 },
    loss: (one, other) => isLink(0, 3, one, other) ? 1 : 0,
    views: [["5", "light", ""], ["5-pair", "dark", "#pair=node-1&pair=node-4"]],
  },
  {
    ...{ nodes: 12, zones: 3, seconds: 40 },
    loss: (one, other) => isLink(1, 4, one, other) ? 1 : 0,
    views: [["12", "light", "#pair=node-02&pair=node-05"], ["12", "dark", "#show=rtt"]],
  },
  {
    ...{ nodes: 60, zones: 3, seconds: 25, loss: cutAndWeak, down: 11 },
    views: [
      ["60", "light", "#open=zone-a&open=zone-b&open=zone-c&pair=node-02&pair=node-05"],
      ["60", "dark", "#open=zone-b&pair=node-02&pair=node-05"],
      ["60-folded", "light", ""],
    ],
  },
  {
    ...{ nodes: 1000, zones: 6, seconds: 45, loss: cutAndWeak },
    views: [["1000", "light", ""], ["1000", "dark", "#open=zone-a"]],
  },
];

async function take(picture: Picture, directory: string): Promise<void> {
  const { nodes, zones, seconds, loss, down, views } = picture;
  using fake = new FakeAgents({ nodes, zones, peers: Math.min(nodes - 1, 64) });
  const interval = `--interval=${nodes > 99 ? "8s" : "2s"}`;
  await using served = await servePage(["--agents", fake.urls.join(","), interval]);
  await delay(seconds * 400);
  fake.loss = loss;
  if (down !== undefined) fake.down.add(down);
  await delay(seconds * 600);
  for (const [name, scheme, hash] of views) {
    await using browser = await openBrowser({ scheme });
    const { page } = browser;
    await page.goto(`${served.url}${hash}`, { timeout: 90_000 });
    await page.waitForSelector("header", { timeout: 60_000 });
    await delay(1500);
    await page.screenshot({ path: `${directory}/page-${name}-${scheme}.png` });
    for (const error of browser.errors) {
      Deno.stderr.writeSync(new TextEncoder().encode(`${error}\n`));
    }
  }
}

if (import.meta.main) {
  const [directory = ".", only] = Deno.args;
  for (const picture of pictures) {
    if (only === undefined || Number(only) === picture.nodes) await take(picture, directory);
  }
  Deno.exit(0);
}
