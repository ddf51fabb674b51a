import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { FakeAgents } from "../fakes/agents.ts";
import { missingPrograms, needing } from "../needing.ts";
import { openBrowser, textOf } from "./browser.ts";
import { servePage } from "./served_page.ts";

Deno.test({
  ...needing(
    "the live page in a real browser, while a link is cut and mended",
    missingPrograms("chromium"),
  ),
  // The browser leaves files and processes of its own to the end of its run.
  sanitizeResources: false,
  sanitizeOps: false,
  fn: async (t) => {
    using fake = new FakeAgents({ nodes: 5, peers: 4, zones: 2 });
    {
      await using served = await servePage(["--agents", fake.urls.join(","), "--interval=1s"]);
      await using browser = await openBrowser();
      const { page, errors } = browser;
      const text = (selector: string) => textOf(page, selector);
      const sees = (what: string, timeout = 20_000) =>
        page.waitForFunction(
          `document.querySelector("main")?.innerText.match(${what})`,
          { timeout, polling: 200 },
        );
      await page.goto(served.url);

      await t.step("a healthy mesh has no fault, and says how sure that is", async () => {
        await sees("/No fault found\\.[^]*20 pairs, measured by 5 of 5 nodes/");
        assert.match(await text("header"), /5 agents[^]*Live · \d\d:\d\d:\d\d/);
      });

      await t.step("a cut link is named within seconds, with since when", async () => {
        fake.loss = (one, other) =>
          Math.min(one, other) === 0 && Math.max(one, other) === 3 ? 1 : 0;
        const cutMs = Date.now();
        await sees("/Link node-1 - node-4\\s+loses[^]*since \\d\\d:\\d\\d:\\d\\d/");
        const seconds = (Date.now() - cutMs) / 1000;
        // The machine that runs the tests may be slow; what the log does is tested apart.
        assert.ok(seconds < 15, `named after ${seconds} s`);
        assert.match(await text("[role=status].unseen"), /New: Link node-1 - node-4/);
      });

      await t.step(
        "a verdict that is clicked shows its pair, with graphs of both directions",
        async () => {
          await page.click(".card button");
          await page.waitForFunction("location.hash === '#pair=node-1&pair=node-4'");
          await page.waitForSelector(".pair .u-over");
          assert.match(await text(".pair"), /from node-1\s+\d+ %[^]*from node-4\s+\d+ %/);
          assert.equal((await page.$$(".pair .uplot")).length, 2);
          const graph = await page.$eval(".pair figure", (one) => one.getAttribute("aria-label"));
          assert.match(graph ?? "", /^Loss: [\d.]+ % there, [\d.]+ % back$/);
        },
      );

      await t.step("show, sort and filter work, and stand in the URL", async () => {
        await page.click(".tools label:has(input[name=Show]):nth-of-type(2)");
        await page.waitForFunction("location.hash.includes('show=rtt')");
        await page.click(".tools fieldset:nth-of-type(2) label:nth-of-type(3)");
        await page.waitForFunction("location.hash.includes('sort=loss')");
        await page.focus("[role=gridcell]");
        const label = () => page.$eval("[role=gridcell]", (one) => one.getAttribute("aria-label"));
        assert.equal(await label(), "node-1 itself");
        await page.keyboard.press("ArrowRight");
        assert.match(await label() ?? "", /^node-1 to node-4: /);
        await page.keyboard.press("/");
        await page.keyboard.type("zone-a");
        await page.waitForFunction("location.hash.includes('filter=zone-a')");
        const rows = await page.$eval("[role=grid]", (one) => one.getAttribute("aria-rowcount"));
        assert.equal(rows, "3");
        await page.reload();
        await sees("/Link node-1 - node-4/");
        assert.equal(await page.$eval("input[type=search]", (one) => one.value), "zone-a");
      });

      await t.step(
        "rows that move under a resting pointer take the panel of the pair along",
        async () => {
          const pairs = () =>
            page.evaluate(`[document.querySelector(".tip")?.innerText.replace(/:.*/, ""),
            document.querySelector(".pair h2")?.innerText.replace("⇄", "→")]`) as Promise<string[]>;
          await page.goto(`${served.url}#sort=loss`);
          await page.reload();
          await sees("/Link node-1 - node-4/");
          await page.focus("[role=gridcell]");
          await page.keyboard.press("ArrowRight");
          const box = await (await page.$("[role=gridcell]"))?.boundingBox();
          assert.ok(box);
          await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
          await page.waitForSelector(".tip");
          assert.deepEqual(await pairs(), ["node-1 → node-4", "node-1 → node-4"]);
          const { loss } = fake;
          fake.loss = (one, other) => one === 2 || other === 2 ? 1 : 0;
          await page.waitForFunction(
            `document.querySelector(".tip").innerText.startsWith("node-3 → ")`,
            { timeout: 20_000, polling: 100 },
          );
          await delay(50);
          const [tip, panel] = await pairs();
          assert.equal(panel, tip);
          fake.loss = loss;
          await page.mouse.move(1, 1);
          await sees("/Link node-1 - node-4/");
          await page.goto(served.url);
          await page.reload();
          await sees("/Link node-1 - node-4/");
        },
      );

      await t.step("pause holds the picture; a key goes on", async () => {
        await page.keyboard.press("p");
        await sees("/Paused: \\d/");
        const shown = await text(".past");
        await delay(2500);
        assert.equal(await text(".past"), shown);
        await page.keyboard.press("p");
        await page.waitForFunction("!document.querySelector('.past')");
      });

      await t.step("an agent that does not answer is named, and comes back by itself", async () => {
        fake.down.add(1);
        await sees("/No data from 1 of 5 nodes[^]*node-2/");
        fake.down.delete(1);
        await page.waitForFunction("!document.querySelector('[aria-label=\"No data\"]')", {
          timeout: 20_000,
        });
      });

      await t.step(
        "the verdict goes after the mend, and the timeline leads back to it",
        async () => {
          fake.loss = () => 0;
          await sees("/No fault found/");
          assert.match(await text(".timeline"), /Link node-1 - node-4/);
          const box = await (await page.$(".track .span"))?.boundingBox();
          assert.ok(box);
          await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
          await sees("/A moment of the past[^]*Link node-1 - node-4\\s+loses/");
          assert.match(page.url(), /at=20/);
          await page.focus("[role=slider]");
          await page.keyboard.press("End");
          await sees("/^(?![^]*A moment of the past)[^]*No fault found/");
        },
      );

      await t.step("what is saved is the one-file page", async () => {
        const href = await page.$eval("a.button", (one) => one.href);
        const file = await (await fetch(href)).text();
        assert.match(file, /^<!DOCTYPE html>[^]*id="data"/);
        assert.match(await page.$eval("a.button", (one) => one.download), /^nodeping-.*\.html$/);
      });

      await t.step("a theme can be chosen", async () => {
        const ground = () => page.evaluate("getComputedStyle(document.body).backgroundColor");
        assert.equal(await ground(), "rgb(246, 248, 250)");
        await page.click("header .choice label:nth-of-type(3)");
        await page.waitForFunction("location.hash.includes('theme=dark')");
        assert.equal(await ground(), "rgb(13, 18, 23)");
      });

      assert.deepEqual(errors, []);
      assert.equal(served.err(), "");
    }
  },
});
