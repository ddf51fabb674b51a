import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { diagnose } from "../../src/diagnosis/diagnose.ts";
import { filePage, pageData } from "../../src/matrix/html.ts";
import type { Mesh } from "../../src/mesh/mesh.ts";
import { caseMesh, caseNodes, linkLoss, nodeLoss } from "../cases/cluster.ts";
import { missingPrograms, needing } from "../needing.ts";
import { openBrowser, textOf } from "../ui/browser.ts";
import type { BrowserPage } from "../ui/browser.ts";

function pageOf(mesh: Mesh): string {
  return filePage(pageData(mesh, diagnose(mesh), { at: 0, title: "Mesh", problems: [] }));
}

const faulty = caseMesh({
  nodes: caseNodes(8, ["zone-a", "zone-b"]),
  losses: [...linkLoss("node-001", "node-004", 0.3), ...nodeLoss("node-005", 1)],
  silent: ["node-005"],
});

const hostile = `</script><img src=x onerror="document.title='taken'">`;

function hostileMesh(): Mesh {
  const nodes = [{ name: hostile, zone: hostile }, { name: "b" }, { name: "c" }];
  return {
    nodes,
    sources: nodes.map(({ name }) => ({ name, silent: false })),
    pairs: nodes.flatMap(({ name: source }) =>
      nodes.filter((node) => node.name !== source).map(({ name: destination }) => ({
        ...{ source, destination, address: hostile, sent: 100 },
        received: source === hostile || destination === hostile ? 0 : 100,
      }))
    ),
    externals: [
      { source: hostile, destination: hostile, address: hostile, sent: 100, received: 50 },
    ],
  };
}

Deno.test("filePage() loads nothing from elsewhere, escapes what it shows, and may not ask anybody", () => {
  const html = pageOf(hostileMesh());
  assert.ok(!html.includes("<img"), "markup of a name came through");
  assert.match(html, /default-src 'none'; .*connect-src 'none'/);
  assert.doesNotMatch(html.replace(/<script>.*?<\/script>/s, ""), /https?:|src=["']/);
});

Deno.test("filePage() says without a script what it is about", () => {
  const html = pageOf(faulty);
  assert.match(html, /<noscript>.*<li>Link node-001 - node-004 loses 30 %\. .*<\/noscript>/);
  assert.match(html, /<li>No data from node-005: no answer<\/li>/);
});

Deno.test("filePage() says without a script what else is wrong", () => {
  const data = pageData(faulty, diagnose(faulty), { at: 0, title: "", problems: ["Of <agents>"] });
  assert.match(filePage(data), /<noscript>.*<li>Of &lt;agents&gt;<\/li>.*<\/noscript>/);
});

Deno.test("the page weighs at most 80 kB compressed", () => {
  const bytes = gzipSync(pageOf(caseMesh({ nodes: caseNodes(2), losses: [], silent: [] }))).length;
  assert.ok(bytes < 80_000, `${bytes} bytes`);
});

/** Opens the mesh's page, as somebody who got it with a ticket. */
async function withPage(
  { page, errors }: BrowserPage,
  mesh: Mesh,
  look: () => Promise<void>,
): Promise<void> {
  const path = await Deno.makeTempFile({ suffix: ".html" });
  try {
    await Deno.writeTextFile(path, pageOf(mesh));
    await page.goto(`file://${path}`);
    await page.waitForSelector("header");
    await look();
    assert.deepEqual(errors, []);
  } finally {
    await Deno.remove(path);
  }
}

Deno.test({
  ...needing("the one-file page works in a real browser", missingPrograms("chromium")),
  // The browser leaves files and processes of its own to the end of its run.
  sanitizeResources: false,
  sanitizeOps: false,
  fn: async (t) => {
    await using browser = await openBrowser();
    const { page } = browser;
    const text = (selector: string) => textOf(page, selector);

    await t.step(
      "names of agents are text, whatever they hold",
      () =>
        withPage(browser, hostileMesh(), async () => {
          assert.notEqual(await page.title(), "taken");
          assert.ok((await text("main")).includes(hostile));
          assert.match(await text("[aria-label='External targets']"), /50 %/);
        }),
    );

    await t.step(
      "it names the faults, the worst pairs and who gives no data",
      () =>
        withPage(browser, faulty, async () => {
          assert.match(await text(".verdicts"), /Link node-001 - node-004\s+loses 30 %/);
          assert.match(
            await text(".verdicts"),
            /Next: Check the path between node-001 and node-004/,
          );
          assert.match(
            await text("[aria-label='Worst pairs']"),
            /node-001\s+node-004\s+180 of 600/,
          );
          assert.match(await text("[aria-label='No data']"), /node-005 no answer/);
        }),
    );

    await t.step(
      "pointing at a cell says what it is, both ways; a key walks on",
      () =>
        withPage(browser, faulty, async () => {
          await page.focus("[role=gridcell]");
          const label = () =>
            page.$eval("[role=gridcell]", (cell) => cell.getAttribute("aria-label"));
          assert.equal(await label(), "node-001 itself");
          const grid = await page.$eval("[role=grid]", (one) => [
            one.getAttribute("aria-rowcount"),
            one.getAttribute("aria-colcount"),
          ]);
          assert.deepEqual(grid, ["8", "8"]);
          let found = "";
          for (let step = 0; step < 7 && !found.includes("node-004"); step++) {
            await page.keyboard.press("ArrowRight");
            found = await label() ?? "";
          }
          assert.equal(found, "node-001 to node-004: 30 % lost, 180 of 600 probes, 0.50 ms");
          const both = /node-001 ⇄ node-004[^]*from node-001\s+30 %[^]*from node-004\s+30 %/;
          await page.waitForFunction(`${both}.test(document.querySelector(".pair").innerText)`);
          const box = await (await page.$("[role=gridcell]"))?.boundingBox();
          assert.ok(box);
          await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
          await page.waitForFunction("location.hash === '#pair=node-001&pair=node-004'");
          assert.match(await text(".tip"), /^node-001 → node-004: 30 % lost/);
        }),
    );

    await t.step("it does not call a mesh well that nobody measured", () =>
      withPage(browser, {
        nodes: [{ name: "a" }, { name: "b" }],
        sources: ["a", "b"].map((name) => ({ name, silent: true, reason: "no answer" })),
        ...{ pairs: [], externals: [] },
      }, async () => {
        assert.match(await text(".verdicts"), /Nothing can be said: no pair of nodes was measured/);
        assert.doesNotMatch(await text("main"), /No fault found/);
      }));

    await t.step("it names fifty nodes without data, and counts the others", () => {
      const nodes = caseNodes(60);
      const silent = nodes.slice(0, 53).map(({ name }) => name);
      return withPage(browser, caseMesh({ nodes, losses: [], silent }), async () => {
        assert.match(await text("[aria-label='No data']"), /node-050 no answer\s+and 3 more$/);
      });
    });

    await t.step("it folds a sampled mesh of 300 nodes by zone, and unfolds one", () => {
      const nodes = caseNodes(300, ["a", "b", "c"]);
      const losses = linkLoss("node-001", "node-002", 1);
      return withPage(
        browser,
        caseMesh({ nodes, losses, silent: [], meshDegree: 64 }),
        async () => {
          assert.match(await text(".verdicts"), /19,200 pairs, measured by 300 of 300 nodes/);
          const rows = () => page.$eval("[role=grid]", (one) => one.getAttribute("aria-rowcount"));
          assert.equal(await rows(), "3");
          await page.focus("[role=gridcell]");
          const label = await page.$eval(
            "[role=gridcell]",
            (one) => one.getAttribute("aria-label"),
          );
          assert.match(label ?? "", /^a to a: none of \d+ pairs loses; 0 % in all$/);
          await page.keyboard.press("Enter");
          assert.equal(await rows(), "102");
          await page.waitForFunction("location.hash === '#open=a'");
        },
      );
    });

    await t.step("it says of each empty cell why it is empty", () => {
      const nodes = caseNodes(30, ["a", "b"]);
      const mesh = caseMesh({ nodes, losses: [], silent: ["node-001"], meshDegree: 16 });
      return withPage(browser, mesh, async () => {
        await page.focus("[role=gridcell]");
        const seen = new Set<string>();
        for (let step = 0; step < 60; step++) {
          await page.keyboard.press(
            step === 29 ? "ArrowDown" : step < 29 ? "ArrowRight" : "ArrowLeft",
          );
          const label = await page.$eval(
            "[role=gridcell]",
            (one) => one.getAttribute("aria-label"),
          );
          seen.add(label?.split(": ")[1]?.replace(/, .*/, "") ?? "");
        }
        assert.ok(seen.has("no data from the source") && seen.has("not probed"), [...seen].join());
      });
    });
  },
});

Deno.test("pageData() names nodes that left the cluster but stay in the list", () => {
  const mesh = {
    ...caseMesh({ nodes: caseNodes(4), losses: [], silent: ["node-004"] }),
    stale: ["node-004"],
  };
  const { problems } = pageData(mesh, diagnose(mesh), { at: 0, title: "", problems: ["first"] });
  assert.equal(problems[0], "first");
  assert.match(problems[1] ?? "", /^In the node list, but not in the cluster .*: node-004$/);
});
