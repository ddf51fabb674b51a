import assert from "node:assert/strict";
import { caseMesh, caseNodes, linkLoss, nodeLoss } from "../../tests/cases/cluster.ts";
import { matrixOf } from "./matrix.ts";
import { matrixText } from "./text.ts";

function drawing(count: number, zones: readonly string[], width: number, colour = false): string {
  const losses = [...linkLoss("node-001", "node-003", 0.25), ...nodeLoss("node-002", 1)];
  const mesh = caseMesh({ nodes: caseNodes(count, zones), losses, silent: ["node-002"] });
  return matrixText(matrixOf(mesh), { width, colour, show: "loss" });
}

Deno.test("matrixText() draws zones, losses, silent rows and unmeasured cells", () => {
  assert.equal(
    drawing(4, ["east", "west"], 80),
    `4 nodes, 9 pairs: loss in %; rows probe columns; · no loss, ? not measured, ~ silent source

            east      west
               1    2    3    4
east
1 node-001         25  all    ·
2 node-003    25       all    ·
west
3 node-002~    ?    ?         ?
4 node-004     ·    ·  all
`,
  );
});

Deno.test("matrixText() does not put nodes without a zone under the zone before them", () => {
  const nodes = [...caseNodes(2, ["east"]), { name: "stray", addresses: ["10.9.9.9"] }];
  const mesh = caseMesh({ nodes, losses: [], silent: [] });
  const text = matrixText(matrixOf(mesh), { width: 80, colour: false, show: "loss" });
  assert.match(text, /^ +east +n…ne$/m);
  assert.match(text, /^no zone\n3 stray/m);
});

Deno.test("matrixText() fits any width: every line, and each column under its number", () => {
  for (const width of [14, 20, 33, 50, 80, 200]) {
    const [, ...lines] = drawing(23, ["a", "b", "c"], width).split("\n");
    for (const line of lines) assert.ok([...line].length <= width, `${width}: ${line}`);
    const numbers = lines.filter((line) => /^ +\d+( +\d+)*$/.test(line)).join(" ");
    const drawn = numbers.trim().split(/\s+/).map(Number);
    assert.deepEqual(drawn, Array.from({ length: 23 }, (_, index) => index + 1));
  }
});

Deno.test("matrixText() folds by zone above 40 nodes and lists the worst pairs", () => {
  const text = drawing(41, ["a", "b"], 70);
  assert.match(text, /^1 a \(21 nodes\) +\.\d +5\.\d$/m);
  assert.match(text, /Worst pairs \(loss, source, destination\)\n +100 % node-\d+ node-002\n/);
  for (const line of text.split("\n").slice(1)) assert.ok([...line].length <= 70, line);
});

Deno.test("matrixText() lists the one pair that lost a probe, and says when there is none", () => {
  const worst = (losses: readonly { from: string[]; to: string[]; loss: number }[]) => {
    const mesh = caseMesh({ nodes: caseNodes(41), losses, silent: [] });
    const text = matrixText(matrixOf(mesh), { width: 40, colour: false, show: "loss" });
    return text.split("\n\n").at(-1);
  };
  assert.equal(
    worst([{ from: ["node-007"], to: ["node-002"], loss: 0.5 }]),
    `Worst pairs (loss, source, destination)\n        50 % node-007 node-002\n`,
  );
  assert.equal(worst([]), "No pair lost a probe.\n");
});

Deno.test("matrixText() lists external targets, and who loses most where not all lose alike", () => {
  const external = (source: string, destination: string, received: number) => ({
    ...{ source, destination, address: "192.0.2.1", sent: 100, received },
    rttSumSeconds: received * 0.012,
  });
  const mesh = {
    ...caseMesh({ nodes: caseNodes(2), losses: [], silent: [] }),
    externals: [
      external("node-001", "uplink", 100),
      external("node-001", "dns", 100),
      external("node-002", "dns", 60),
      external("node-001", "dead", 0),
    ],
  };
  const text = (width: number) =>
    matrixText(matrixOf(mesh), { width, colour: false, show: "loss" });
  assert.equal(
    text(80).split("\n\n").at(-1),
    `External targets (loss, ms, name, address)
       100 %     - dead 192.0.2.1
        20 %    12 dns 192.0.2.1; 40 % from node-002, 1 of 2 lose any
         0 %    12 uplink 192.0.2.1
`,
  );
  assert.match(text(40), /^ +20 % +12 dns 192.0.…2 lose any$/m);
});

Deno.test("matrixText() tells pairs that are not probed from a source that is silent", () => {
  const cluster = { nodes: caseNodes(30, ["a", "b"]), losses: [], meshDegree: 16 };
  const matrix = matrixOf(caseMesh({ ...cluster, silent: ["node-001"] }));
  const [head = "", ...rows] = matrixText(matrix, { width: 200, colour: false, show: "loss" })
    .split("\n");
  assert.match(head, /^30 nodes, 464 of 870 pairs: .*, - not probed, ~ silent source$/);
  const row = (name: string) => rows.find((line) => line.includes(name)) ?? "";
  assert.deepEqual(row("node-001~").match(/\?/g)?.length, 29);
  assert.deepEqual(row("node-002").match(/ -/g)?.length, 13);
  assert.deepEqual(row("node-002").match(/·/g)?.length, 16);
});

Deno.test("matrixText() folds a sampled mesh of 300 nodes: zones and the worst pairs", () => {
  const nodes = caseNodes(300, ["a", "b", "c"]);
  const losses = nodeLoss("node-002", 0.5);
  const matrix = matrixOf(caseMesh({ nodes, losses, silent: [], meshDegree: 16 }));
  const text = matrixText(matrix, { width: 70, colour: false, show: "loss" });
  assert.match(text, /^300 nodes, 4800 of 89700 pairs: /);
  assert.match(text, /^2 b \(100 nodes\) +\.\d +1\.\d +\.\d$/m);
  assert.equal(text.split("\n").filter((line) => line.includes("node-002")).length, 15);
});

Deno.test("matrixText() colours cells without moving them", () => {
  const coloured = drawing(5, [], 60, true);
  assert.ok(coloured.includes("\x1b[1;97;48;5;52m all\x1b[0m"));
  // deno-lint-ignore no-control-regex
  assert.equal(coloured.replace(/\x1b\[[\d;]*m/g, ""), drawing(5, [], 60));
});

Deno.test("matrixText() does not say that no pair lost a probe where none was measured", () => {
  const nodes = caseNodes(41, ["a", "b"]);
  const mesh = caseMesh({ nodes, losses: [], silent: nodes.map(({ name }) => name) });
  const text = matrixText(matrixOf(mesh), { width: 80, colour: false, show: "loss" });
  assert.match(text, /^41 nodes, 0 pairs: /);
  assert.doesNotMatch(text, /No pair lost/);
});

Deno.test("matrixText() names nodes without a zone where it folds by zone", () => {
  const mesh = caseMesh({ nodes: caseNodes(41), losses: [], silent: [] });
  const text = matrixText(matrixOf(mesh), { width: 80, colour: false, show: "loss" });
  assert.match(text, /^1 no zone \(41 nodes\) +·$/m);
});

Deno.test("matrixText() marks cordoned nodes, and says what the mark means", () => {
  const nodes = caseNodes(3).map((node, index) => ({ ...node, cordoned: index > 0 }));
  const mesh = caseMesh({ nodes, losses: [], silent: ["node-002"] });
  const text = matrixText(matrixOf(mesh), { width: 80, colour: false, show: "loss" });
  assert.match(text, /, ~ silent source, # cordoned\n\n +1 +2 +3\n1 node-001 /);
  assert.deepEqual(text.match(/^\d node-\d+\S*/gm), ["1 node-001", "2 node-002~#", "3 node-003#"]);
});
