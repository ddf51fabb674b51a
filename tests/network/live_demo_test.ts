/** `deno task demo --ui` as a person uses it: real agents, a link cut and mended by a key, and the page. @module */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import type { Page } from "puppeteer-core";
import type { PageData } from "../../src/matrix/html.ts";
import { run, spawnProcess } from "../../src/platform/process.ts";
import { missingPrograms, needing } from "../needing.ts";
import { openBrowser, textOf } from "../ui/browser.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const count = 5;

/** A demo that runs, as on a terminal. */
interface LiveDemo extends AsyncDisposable {
  /** Of the page. */
  readonly url: string;
  /** Presses a key; gives the nodes that the demo then says. */
  readonly press: (key: string, said: RegExp) => Promise<readonly string[]>;
  /** Names of its namespaces that are there. */
  readonly namespaces: () => Promise<readonly string[]>;
}

async function startDemo(): Promise<LiveDemo> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--allow-all",
      "--quiet",
      "tasks/demo.ts",
      "--ui",
      "--no-open",
      `--nodes=${count}`,
    ],
    cwd: root,
    ...{ stdin: "piped", stdout: "piped", stderr: "null" },
  }).spawn();
  let text = "";
  let heard = Promise.withResolvers<void>();
  const reading = (async () => {
    for await (const part of child.stdout.pipeThrough(new TextDecoderStream())) {
      text += part;
      heard.resolve();
      heard = Promise.withResolvers();
    }
    heard.reject(new Error(`The demo ended:\n${text}`));
    heard.promise.catch(() => {});
  })();
  const untilSaid = async (pattern: RegExp, from = 0): Promise<RegExpExecArray> => {
    for (;;) {
      const found = pattern.exec(text.slice(from));
      if (found) return found;
      await heard.promise;
    }
  };
  const keys = child.stdin.getWriter();
  const [, prefix = ""] = await untilSaid(/namespaces (\S+-)\*/);
  const [, url = ""] = await untilSaid(/The page is at (\S+)/);
  return {
    url,
    press: async (key, said) => {
      const from = text.length;
      await keys.write(new TextEncoder().encode(key));
      return (await untilSaid(said, from)).slice(1);
    },
    namespaces: async () => {
      const { stdout } = await run(spawnProcess, { command: "ip", args: ["netns", "list"] });
      return stdout.split("\n").filter((line) => line.startsWith(prefix));
    },
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGINT");
      await child.status;
      await reading;
      await keys.close().catch(() => {});
    },
  };
}

/** Readings from a moment on to another. */
function readings({ moments }: PageData, fromMs: number, toMs: number): number {
  return moments.filter((moment) => moment > fromMs && moment <= toMs).length;
}

Deno.test({
  ...needing(
    "demo --ui in a real browser: a link of real agents is cut and mended by a key",
    Deno.build.os !== "linux" || Deno.uid() !== 0
      ? "network namespaces need root on Linux"
      : missingPrograms("ip", "nft", "fping", "chromium"),
  ),
  // The browser leaves files and processes of its own to the end of its run.
  sanitizeResources: false,
  sanitizeOps: false,
  fn: async (t) => {
    let left: () => Promise<readonly string[]>;
    {
      await using demo = await startDemo();
      left = demo.namespaces;
      assert.equal((await demo.namespaces()).length, count + 1);
      await using browser = await openBrowser();
      await drive(t, demo, browser.page);
      assert.deepEqual(browser.errors, []);
    }
    assert.deepEqual(await left(), []);
  },
});

async function drive(t: Deno.TestContext, demo: LiveDemo, page: Page): Promise<void> {
  const text = (selector: string) => textOf(page, selector);
  const sees = (pattern: RegExp, selector = "main") =>
    page.waitForFunction(
      `${pattern}.test(document.querySelector(${JSON.stringify(selector)})?.innerText ?? "")`,
      { timeout: 60_000, polling: 100 },
    );
  const data = async (): Promise<PageData> => await (await fetch(`${demo.url}mesh.json`)).json();
  await page.goto(demo.url);

  await t.step("a healthy mesh of real agents has no fault", async () => {
    await sees(/No fault found\.[^]*20 pairs, measured by 5 of 5 nodes/);
  });

  let link: readonly string[] = [];
  let title = "";
  await t.step("a cut link is named within three readings: 6 s", async () => {
    link = await demo.press("c", /Cut the link between (\S+) and (\S+);/);
    const cutMs = Date.now();
    title = `Link ${link.join(" - ")}`;
    await sees(new RegExp(`${title}\\s+loses`));
    const now = await data();
    const { fromMs = 0 } = now.history.find((span) => span.title === title) ?? {};
    assert.ok(readings(now, cutMs, fromMs) <= 3, `${fromMs - cutMs} ms, ${now.moments}`);
    const found = now.verdicts.map((verdict) => `${verdict.title}: ${verdict.evidence}`);
    assert.ok(
      found.length === 1 && found[0]?.startsWith(title),
      `${title}, not\n${found.join("\n")}`,
    );
  });

  await t.step("a click on the verdict keeps its pair, with what it really loses", async () => {
    await page.click(".card button");
    await sees(new RegExp(`from ${link[0]}\\s+\\d+ %[^]*from ${link[1]}\\s+\\d+ %`), ".pair");
    await page.waitForSelector(".pair .u-over");
    const { pairs, nodes } = await data();
    const lossy = pairs.lost.flatMap((lost, pair) =>
      lost === 0
        ? []
        : [[pairs.source[pair], pairs.destination[pair]].map((node) => nodes[node ?? -1]?.name)]
    );
    assert.deepEqual(lossy.map((names) => names.sort().join()), [link.join(), link.join()]);
  });

  await t.step(
    "the keyboard sorts by loss, shows round-trip times and walks to the pair",
    async () => {
      await page.focus("input[name='Sort by']");
      for (const _ of ["name", "loss"]) await page.keyboard.press("ArrowRight");
      await page.waitForFunction("location.hash.includes('sort=loss')");
      await page.focus("[role=gridcell]");
      await page.keyboard.press("ArrowRight");
      const label = await page.$eval("[role=gridcell]", (one) => one.getAttribute("aria-label"));
      assert.match(
        label ?? "",
        new RegExp(`^(${link.join("|")}) to (${link.join("|")}): \\d+ % lost`),
      );
      await page.focus("input[name=Show]");
      await page.keyboard.press("ArrowRight");
      await page.waitForFunction("location.hash.includes('show=rtt')");
    },
  );

  await t.step("the pointer says of a cell what it is; the filter leaves one node", async () => {
    const cell = await (await page.$("[role=gridcell]"))?.boundingBox();
    assert.ok(cell);
    await page.mouse.move(cell.x + cell.width / 2, cell.y + cell.height / 2);
    await sees(/node-\d → node-\d: \d+ % lost/, ".tip");
    await page.keyboard.press("/");
    await page.keyboard.type(link[0] ?? "");
    await page.waitForFunction("location.hash.includes('filter=node-')");
    assert.equal(await page.$eval("[role=grid]", (one) => one.getAttribute("aria-rowcount")), "1");
    await page.reload();
    await sees(new RegExp(title));
    assert.equal(await page.$eval("input[type=search]", (one) => one.value), link[0]);
  });

  await t.step("after the mend the verdict goes within six readings: 12 s", async () => {
    await demo.press("c", /Mended the link/);
    const mendedMs = Date.now();
    await sees(/No fault found/);
    const now = await data();
    const { toMs = Infinity } = now.history.find((span) => span.title === title) ?? {};
    assert.ok(readings(now, mendedMs, toMs) <= 6, `${toMs - mendedMs} ms, ${now.moments}`);
    assert.deepEqual(now.history.map((span) => span.title), [title], "and nothing else was named");
  });

  await t.step("the timeline leads back to it, by pointer and by key", async () => {
    const span = await (await page.$(".track .span"))?.boundingBox();
    assert.ok(span);
    await page.mouse.click(span.x + span.width / 2, span.y + span.height / 2);
    await sees(new RegExp(`A moment of the past[^]*${title}\\s+loses`));
    await page.focus("[role=slider]");
    await page.keyboard.press("End");
    await sees(/^(?![^]*A moment of the past)[^]*No fault found/);
  });

  await t.step("pause holds the picture, and what is saved is the moment shown", async () => {
    await page.keyboard.press("Escape");
    await page.click("header button");
    await sees(/Paused: \d/);
    const href = await page.$eval("a.button", (one) => one.href);
    assert.match(await (await fetch(href)).text(), /^<!DOCTYPE html>[^]*id="data">\{"at":/);
    assert.ok(await text(".past"));
  });
}
