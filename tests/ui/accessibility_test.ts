/** What the page is to those who do not see it: the browser's own accessibility tree. @module */

import assert from "node:assert/strict";
import { FakeAgents } from "../fakes/agents.ts";
import { missingPrograms, needing } from "../needing.ts";
import { openBrowser } from "./browser.ts";
import { servePage } from "./served_page.ts";

/** Roles of what a person can use or find, which say nothing without a name. */
const named = new Set([
  ...["button", "link", "radio", "searchbox", "slider", "grid", "gridcell"],
  ...["region", "figure", "group", "columnheader", "rowheader"],
]);

Deno.test({
  ...needing("the live page has roles and names for all of it", missingPrograms("chromium")),
  // The browser leaves files and processes of its own to the end of its run.
  sanitizeResources: false,
  sanitizeOps: false,
  fn: async () => {
    using agents = new FakeAgents({ nodes: 6, peers: 5, zones: 2 });
    agents.loss = (one, other) => one + other === 3 && one * other === 0 ? 1 : 0;
    agents.down.add(5);
    await using served = await servePage(["--agents", agents.urls.join(","), "--interval=1s"]);
    await using browser = await openBrowser();
    const { page } = browser;
    await page.goto(`${served.url}#pair=node-1&pair=node-4`);
    await page.waitForSelector(".card", { timeout: 60_000 });
    await page.waitForSelector(".pair .u-over");
    const session = await page.createCDPSession();
    const { nodes } = await session.send("Accessibility.getFullAXTree");
    const seen = nodes.filter(({ ignored }) => !ignored).map(({ role, name }) => ({
      role: String(role?.value),
      name: String(name?.value ?? "").trim(),
    }));

    const nameless = seen.filter(({ role, name }) => named.has(role) && name === "");
    assert.deepEqual(nameless, []);
    const useful = seen.filter(({ role }) => !/Text/.test(role));
    const has = (role: string, name: RegExp) =>
      assert.ok(
        seen.some((one) => one.role === role && name.test(one.name)),
        `No ${role} ${name} in\n${useful.map((one) => `${one.role} ${one.name}`).join("\n")}`,
      );
    has("heading", /^nodeping$/);
    for (const region of ["Verdicts", "Timeline", "Matrix", "node-1 and node-4", "No data"]) {
      has("region", new RegExp(`^${region}`));
    }
    has("grid", /^Matrix: rows probe columns$/);
    has("gridcell", /^node-1 itself$/);
    has("slider", /^Moment$/);
    has("searchbox", /^Filter$/);
    for (const group of ["Show", "Sort by", "Colours"]) has("group", new RegExp(`^${group}$`));
    for (const radio of ["Loss", "Round trip", "Path MTU", "dark"]) {
      has("radio", new RegExp(`^${radio}$`));
    }
    has("button", /^Pause$/);
    has("button", /^Link node-1 - node-4 *loses \d+ %/);
    has("link", /^Save$/);
    has("figure", /^Loss: .* % there, .* % back$/);
    assert.ok(seen.some(({ role }) => role === "status"), "what changes is said");

    // Whatever has a step's colour says in words what it is.
    const mute = await page.evaluate(`
      [...document.querySelectorAll("[class*=step], [class*=edge]")]
        .filter((one) => one.innerText.trim() === "" && !one.title).map((one) => one.className)
    `);
    assert.deepEqual(mute, []);
    const order = await page.evaluate(`
      [...document.querySelectorAll("h1, h2, h3")].map((one) => one.tagName).join(" ")
    `);
    assert.match(String(order), /^H1( H2)*$/);
  },
});
