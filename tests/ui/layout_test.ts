import assert from "node:assert/strict";
import { diagnose } from "../../src/diagnosis/diagnose.ts";
import { pageData } from "../../src/matrix/html.ts";
import type { PageData, PageSpan } from "../../src/matrix/html.ts";
import { lanesOf } from "../../src/ui/page/lanes.ts";
import { layoutOf, nodesOf } from "../../src/ui/page/layout.ts";
import { hashOf, plainView, viewOf } from "../../src/ui/page/view.ts";
import { cellLine } from "../../src/ui/page/words.ts";
import type { View } from "../../src/ui/page/view.ts";
import { caseMesh, caseNodes, linkLoss } from "../cases/cluster.ts";

function dataOf(nodes: number, zones: readonly string[]): PageData {
  const losses = linkLoss("node-001", "node-004", 0.5);
  const mesh = caseMesh({ nodes: caseNodes(nodes, zones), losses, silent: [] });
  return pageData(mesh, diagnose(mesh), { at: 0, title: "", problems: [] });
}

const names = (data: PageData, view: Partial<View>, side: "rows" | "columns" = "rows") =>
  layoutOf(data, { ...plainView, ...view })[side].items.map(({ name }) => name);

Deno.test("layoutOf() sorts by zone, by name and by loss", () => {
  const data = dataOf(5, ["b", "a"]);
  assert.deepEqual(names(data, {}), ["node-002", "node-004", "node-001", "node-003", "node-005"]);
  const { rows } = layoutOf(data, plainView);
  assert.deepEqual(rows.groups, [{ name: "a", from: 0, to: 2 }, { name: "b", from: 2, to: 5 }]);
  assert.equal(names(data, { order: "name" })[0], "node-001");
  assert.deepEqual(names(data, { order: "loss" }).slice(0, 2), ["node-001", "node-004"]);
});

Deno.test("layoutOf() folds more than 40 nodes by zone, and unfolds one that is asked for", () => {
  const data = dataOf(60, ["a", "b", "c"]);
  assert.deepEqual(names(data, {}), ["a", "b", "c"]);
  assert.equal(names(data, { open: ["b"] }).length, 22);
  const folded = layoutOf(data, plainView);
  const [one, other] = [folded.cell(0, 0), folded.cell(1, 1)];
  assert.deepEqual([one?.pairs, one?.lossy, one?.worstLoss], [380, 2, 0.5]);
  assert.equal(other?.lossy, 0);
  assert.equal(names(data, { filter: "b" }).length, 20);
});

Deno.test("layoutOf() folds many nodes without zones by parts of the alphabet", () => {
  const data = dataOf(90, []);
  assert.deepEqual(names(data, {}), [
    "node-001 … node-030",
    "node-031 … node-060",
    "node-061 … node-090",
  ]);
});

Deno.test("layoutOf() shows one filtered node against all others", () => {
  const data = dataOf(5, []);
  assert.deepEqual(names(data, { filter: "NODE-003" }), ["node-003"]);
  assert.equal(names(data, { filter: "node-003" }, "columns").length, 5);
  assert.deepEqual(names(data, { filter: "node-9" }), []);
});

Deno.test("layoutOf() shows the smallest path MTU of a cell, and a black hole before any other", () => {
  const mtuOf = (...mtus: readonly (readonly [bytes: number, blackHole: boolean])[]) => {
    const pairs = mtus.map(([bytes, blackHole], place) => ({
      ...{ source: "a", destination: "b", address: `10.0.0.${place}`, sent: 4, received: 4 },
      pathMtu: { bytes, blackHole },
    }));
    const names = ["a", "b"].map((name) => ({ name, silent: false }));
    const mesh = { nodes: names, sources: names, pairs, externals: [] };
    const data = pageData(mesh, diagnose(mesh), { at: 0, title: "", problems: [] });
    return layoutOf(data, plainView).cell(0, 1)?.mtuBytes;
  };
  assert.equal(mtuOf([1500, false], [1450, false]), 1450);
  assert.equal(mtuOf([1300, false], [1400, true]), -1400);
  assert.equal(mtuOf([1400, true], [1300, true]), -1300);
  assert.equal(mtuOf([1300, true], [1400, true]), -1300);
});

Deno.test("layoutOf() tells a pair of which no probe has an outcome from one that is not probed", () => {
  const pairs = [["a", "b", 4], ["a", "c", 0], ["b", "a", 4], ["c", "a", 4]] as const;
  const nodes = ["a", "b", "c"].map((name) => ({ name, silent: false }));
  const mesh = {
    ...{ nodes, sources: nodes, externals: [] },
    pairs: pairs.map(([source, destination, sent]) => ({
      ...{ source, destination, address: "10.0.0.1", sent, received: sent },
    })),
  };
  const data = pageData(mesh, diagnose(mesh), { at: 0, title: "", problems: [] });
  const layout = layoutOf(data, plainView);
  assert.deepEqual(
    [[0, 1], [0, 2], [1, 2]].map(([row = 0, column = 0]) => layout.isUnmeasured(row, column)),
    [false, true, false],
  );
  assert.equal(
    cellLine(data, layout, { row: 0, column: 2 }),
    "a → c: no probe has an outcome: see Problems",
  );
  assert.equal(cellLine(data, layout, { row: 1, column: 2 }), "b → c: not probed");
});

Deno.test("nodesOf() are those that a verdict names, or whose zones it names", () => {
  const data = dataOf(5, ["b", "a"]);
  const of = (kind: "link" | "zone-pair" | "mtu", ...names: string[]) =>
    [...nodesOf(data, { kind, names })].map((node) => data.nodes[node]?.name);
  assert.deepEqual(of("link", "node-001", "node-004"), ["node-001", "node-004"]);
  assert.deepEqual(of("zone-pair", "a"), ["node-002", "node-004"]);
  assert.deepEqual(of("mtu", "a"), ["node-002", "node-004"]);
  assert.deepEqual(of("mtu", "node-001"), ["node-001"]);
  assert.deepEqual(of("link", "a"), []);
});

Deno.test("lanesOf() shows what holds and what held last, and leaves the readings room to be clicked", () => {
  const minute = 60_000;
  const span = (title: string, from: number, to?: number): PageSpan => ({
    ...{ title, kind: "link", loss: 1, fromMs: from * minute },
    ...(to === undefined ? {} : { toMs: to * minute }),
  });
  const others = [1, 2, 3, 4, 5, 6].map((nth) => span(`link ${nth}`, 1360 + nth, 1370 + nth));
  const history = [
    span("old", 3, 4),
    span("here again", 5, 6),
    ...others,
    span("here again", 1435),
  ];
  const data = { ...dataOf(5, []), history, moments: [1410, 1425, 1440].map((at) => at * minute) };
  const { beginMs, lanes, earlier } = lanesOf(data, 1440 * minute);
  assert.equal(beginMs, 1320 * minute, "a day of which half an hour is kept");
  assert.deepEqual(lanes.map(({ title }) => title), [
    ...["link 2", "link 3", "link 4", "link 5", "link 6"],
    "here again",
  ]);
  assert.deepEqual(lanes.at(-1)?.spans.map(({ fromMs }) => fromMs / minute), [1435]);
  assert.equal(earlier, 2);
  assert.equal(lanesOf({ ...data, history: [] }, 1440 * minute).beginMs, 1410 * minute);
});

Deno.test("the view survives the URL, and nonsense in it is as if it were not there", () => {
  const view: View = {
    ...{ show: "rtt", order: "loss", filter: "a&b=c", open: ["zone #1", "b"] },
    ...{ pair: ["node 1", "node-2"], at: 1_700_000_000_123, theme: "dark" },
  };
  assert.deepEqual(viewOf(`#${hashOf(view)}`), view);
  assert.equal(hashOf(plainView), "");
  assert.deepEqual(viewOf("#show=x&sort=&at=never&pair=a"), plainView);
});
