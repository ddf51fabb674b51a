import assert from "node:assert/strict";
import { diagnose } from "../../src/diagnosis/diagnose.ts";
import { matrixHtml } from "../../src/matrix/html.ts";
import { matrixOf } from "../../src/matrix/matrix.ts";
import type { Mesh } from "../../src/mesh/mesh.ts";
import { run, spawnProcess } from "../../src/platform/process.ts";
import { caseMesh, caseNodes, linkLoss, nodeLoss } from "../cases/cluster.ts";
import { findProgram, missingPrograms, needing } from "../needing.ts";

const browser = findProgram("chromium");

function page(mesh: Mesh): string {
  return matrixHtml(matrixOf(mesh), diagnose(mesh), new Date(0));
}

const faulty = caseMesh({
  nodes: caseNodes(8, ["zone-a", "zone-b"]),
  losses: [...linkLoss("node-001", "node-004", 0.3), ...nodeLoss("node-005", 1)],
  silent: ["node-005"],
});

Deno.test("matrixHtml() loads nothing from elsewhere and escapes what it shows", () => {
  const hostile = `<img src=x onerror="alert('1')">`;
  const nodes = [{ name: hostile, zone: hostile }, { name: "b" }, { name: "c" }];
  const mesh: Mesh = {
    nodes,
    sources: nodes.map(({ name }) => ({ name, silent: false })),
    pairs: nodes.flatMap(({ name: source }) =>
      nodes.filter((node) => node.name !== source).map(({ name: destination }) => ({
        source,
        destination,
        address: hostile,
        sent: 100,
        received: source === hostile || destination === hostile ? 0 : 100,
      }))
    ),
    externals: [
      { source: hostile, destination: hostile, address: hostile, sent: 100, received: 50 },
    ],
  };
  const html = page(mesh);
  assert.match(html, /<h2>External targets/);
  assert.ok(!html.includes("<img"), "markup of a name came through");
  const shown = "&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;";
  assert.ok(html.includes(`<th><span>${shown}</span></th>`), "a name lost a character");
  assert.ok(html.includes(`<td>50 % from ${shown}</td>`));
  assert.match(html, /<td class="l4">50 %<\/td><td>-<\/td>/, "no time is known");
  assert.doesNotMatch(html, /https?:|<link|src=["']/);
});

Deno.test("matrixHtml() lists the worst pairs with what they lost", () => {
  const html = page(faulty);
  const row = (source: string, destination: string, address: string) =>
    `<td>${source}</td><td>${destination}</td><td>${address}</td><td>180 of 600</td></tr>`;
  assert.ok(html.includes(row("node-001", "node-004", "10.0.0.4")));
  assert.ok(html.includes(row("node-004", "node-001", "10.0.0.1")));
});

Deno.test("matrixHtml() folds a large mesh by zone", () => {
  const html = page(caseMesh({ nodes: caseNodes(201, ["a", "b"]), losses: [], silent: [] }));
  assert.equal(html.match(/<td/g)?.length, 4);
  assert.match(html, /No pair lost a probe/);
});

Deno.test("matrixHtml() does not call a mesh well that nobody measured", () => {
  const html = page({
    nodes: [{ name: "a" }, { name: "b" }],
    sources: ["a", "b"].map((name) => ({ name, silent: true, reason: "no answer" })),
    pairs: [],
    externals: [],
  });
  assert.match(html, /<p>Nothing can be said: no pair of nodes was measured\.<\/p>/);
  assert.match(
    html,
    /<h2>No data from<\/h2>\n<ul><li>a: no answer<\/li>\n<li>b: no answer<\/li><\/ul>/,
  );
  assert.doesNotMatch(html, /No fault found|No pair lost a probe/);
});

Deno.test("matrixHtml() names fifty nodes without data, and counts the others", () => {
  const nodes = caseNodes(60);
  const silent = nodes.slice(0, 53).map(({ name }) => name);
  const html = page(caseMesh({ nodes, losses: [], silent }));
  assert.match(html, /<li>node-050: no answer<\/li>\n<li>and 3 more<\/li><\/ul>/);
});

Deno.test("matrixHtml() names nodes without a zone where it folds by zone", () => {
  const html = page(caseMesh({ nodes: caseNodes(201), losses: [], silent: [] }));
  assert.match(html, /data-t="no zone to no zone: 0 % lost/);
});

Deno.test("matrixHtml() says of each cell of zones why it is empty", () => {
  const nodes = caseNodes(201, ["a", "b"]);
  const inB = nodes.filter(({ zone }) => zone === "b").map(({ name }) => name);
  const mesh = caseMesh({ nodes, losses: [], silent: inB });
  const pairs = mesh.pairs.filter(({ destination }) => !inB.includes(destination));
  const html = page({ ...mesh, pairs });
  assert.match(html, /<tr><th>a<\/th><td class="l0".*<\/td><td class="none">-<\/td><\/tr>/);
  assert.match(html, /<tr><th>b<\/th>(<td class="none">\?<\/td>){2}<\/tr>/);
});

Deno.test("matrixHtml() says of each cell of a sampled mesh why it is empty", () => {
  const nodes = caseNodes(30, ["a", "b"]);
  const html = page(caseMesh({ nodes, losses: [], silent: ["node-001"], meshDegree: 16 }));
  assert.match(html, /<p>464 of 870 pairs, measured by 29 of 30 nodes;/);
  assert.equal(html.match(/: not probed">-<\/td>/g)?.length, 29 * 13);
  assert.equal(html.match(/: no data from the source">\?<\/td>/g)?.length, 29);
});

Deno.test("matrixHtml() folds a sampled mesh of 300 nodes by zone, with its worst pairs", () => {
  const nodes = caseNodes(300, ["a", "b", "c"]);
  const losses = linkLoss("node-001", "node-002", 1);
  const html = page(caseMesh({ nodes, losses, silent: [], meshDegree: 64 }));
  assert.match(html, /<p>19200 of 89700 pairs, measured by 300 of 300 nodes;/);
  assert.equal(html.match(/<td class="l\d"/g)?.length, 9 + (html.match(/<td>10\./g)?.length ?? 0));
});

Deno.test({
  ...needing(
    "the page works in a real browser: pointing at a cell says what it is",
    missingPrograms("chromium"),
  ),
  // The browser leaves files and processes of its own to the end of its run.
  sanitizeResources: false,
  fn: async () => {
    const directory = await Deno.makeTempDir();
    try {
      const point = `<script>document.querySelector("td.l3").dispatchEvent(` +
        `new MouseEvent("mouseover",{bubbles:true}))</script></body>`;
      const html = page(faulty).replace("</body>", point);
      await Deno.writeTextFile(`${directory}/page.html`, html);
      const { stdout, code } = await run(spawnProcess, {
        command: browser ?? "",
        args: [
          "--headless",
          "--no-sandbox",
          "--disable-gpu",
          `--user-data-dir=${directory}/profile`,
          "--dump-dom",
          `file://${directory}/page.html`,
        ],
      }, AbortSignal.timeout(30_000));
      assert.equal(code, 0);
      assert.match(
        stdout,
        /<p id="now">node-001 to node-004 \(10\.0\.0\.4\): 30 % lost, 0\.50 ms, 600 probes<\/p>/,
      );
      assert.equal(stdout.match(/class="[^"]*\bon\b/g)?.length, 3);
      assert.match(stdout, /<b>link node-001 – node-004: 30 % lost<\/b>/);
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  },
});
