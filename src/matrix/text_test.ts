import assert from "node:assert/strict";
import { matrixJson, matrixOf } from "./matrix.ts";
import { cutMiddle, lossSgr, lossStep, matrixText, redraw, shortLoss, shortRtt } from "./text.ts";
import { caseMesh, caseNodes, linkLoss, nodeLoss } from "../../tests/cases/cluster.ts";
import { FakeClock } from "../../tests/fakes/clock.ts";

/** Draws the texts one after the other, an error where it is one, and ends with the last. */
async function drawn(
  texts: readonly (string | Error)[],
  rows: number | undefined,
): Promise<{ out: string[]; err: string[] }> {
  const [out, err]: [string[], string[]] = [[], []];
  const controller = new AbortController();
  const left = [...texts];
  const clock = new FakeClock(0);
  await redraw({
    render: () => {
      const next = left.shift() ?? "";
      return next instanceof Error ? Promise.reject(next) : Promise.resolve(next);
    },
    rows: () => rows,
    out: (text) => void out.push(text),
    draw: (text) => void out.push(text),
    err: (text) => void err.push(text),
    pauseMs: 5000,
    clock: {
      ...clock,
      sleep: (ms) => {
        assert.equal(ms, 5000);
        if (left.length === 0) controller.abort();
        return Promise.resolve();
      },
    },
  }, controller.signal);
  return { out, err };
}

Deno.test("redraw() draws in place on a terminal", async () => {
  assert.deepEqual(await drawn(["one\n", "two\n"], 24), {
    out: ["\x1b[2J", "\x1b[Hone\x1b[K\n\x1b[J", "\x1b[Htwo\x1b[K\n\x1b[J"],
    err: [],
  });
});

Deno.test("redraw() draws one below the other, without a control character, where there is none", async () => {
  assert.deepEqual(await drawn(["one\n", new Error("No answer"), "two\n"], undefined), {
    out: ["one\n", "two\n"],
    err: ["No answer\n"],
  });
});

Deno.test("redraw() keeps the last drawing above what failed, each time in the same place", async () => {
  const { out } = await drawn(["one\n", new Error("No\x07 answer"), new Error("Gone")], 24);
  assert.deepEqual(out.slice(2), [
    "\x1b[Hone\x1b[K\nNo? answer\x1b[K\n\x1b[J",
    "\x1b[Hone\x1b[K\nGone\x1b[K\n\x1b[J",
  ]);
});

Deno.test("redraw() leaves room for what failed", async () => {
  const tall = Array.from({ length: 10 }, (_, line) => `${line}\n`).join("");
  const { out } = await drawn([tall, new Error("Gone")], 6);
  assert.deepEqual(out.map((text) => text.split("\n").length), [1, 6, 6]);
  assert.match(out[2] ?? "", /\n\.\.\. 7 more lines: .*\nGone/);
});

Deno.test("shortLoss() fits three characters and never shows loss as none or as all", () => {
  for (let loss = 0; loss <= 1; loss += 0.0003) {
    const text = shortLoss(loss);
    assert.ok(text.length <= 3, text);
    assert.equal(text === "·", loss === 0);
  }
  const losses = [0, 0.00001, 0.004, 0.0096, 0.012, 0.0994, 0.0996, 0.37, 0.998, 1];
  assert.deepEqual(
    losses.map(shortLoss),
    ["·", ".1", ".4", "1.0", "1.2", "9.9", "10", "37", "99", "all"],
  );
});

Deno.test("shortRtt() fits four characters", () => {
  const seconds = [0.000001, 0.00005, 0.0009949, 0.000996, 0.0042, 0.00996, 0.123, 1];
  assert.deepEqual(
    seconds.map(shortRtt),
    [".01", ".05", ".99", "1.0", "4.2", "10", "123", "1000"],
  );
});

Deno.test("lossStep() rises with the loss, and every step is darker than the one before", () => {
  assert.deepEqual([0, 0.001, 0.01, 0.1, 0.5, 1].map(lossStep), [0, 1, 2, 3, 4, 4]);
  // Of the 6 by 6 by 6 colours from 16 on; the first step is the terminal's own, faint.
  const light = lossSgr.slice(1).map((parameters) => {
    const colour = Number(/48;5;(\d+)$/.exec(parameters)?.[1]) - 16;
    return 0.2126 * Math.floor(colour / 36) + 0.7152 * (Math.floor(colour / 6) % 6) +
      0.0722 * (colour % 6);
  });
  assert.equal(lossSgr[0], "2");
  assert.deepEqual(light, light.toSorted((one, other) => other - one));
  assert.equal(new Set(light).size, 4);
});

Deno.test("cutMiddle() keeps both ends of a name within the width", () => {
  assert.equal(cutMiddle("gke-prod-pool-1-a7f3", 11), "gke-p…-a7f3".slice(0, 11));
  assert.equal(cutMiddle("short", 5), "short");
  assert.equal(cutMiddle("short", 1), "s");
  for (let width = 0; width < 12; width++) {
    assert.ok([...cutMiddle("a-long-name", width)].length <= width);
  }
});

function drawing(count: number, zones: readonly string[], width: number, colour = false): string {
  const losses = [...linkLoss("node-001", "node-003", 0.25), ...nodeLoss("node-002", 1)];
  const mesh = caseMesh({ nodes: caseNodes(count, zones), losses, silent: ["node-002"] });
  return matrixText(matrixOf(mesh), { width, colour, show: "loss" });
}

Deno.test("matrixText() draws zones, losses, rows without data and unmeasured cells", () => {
  assert.equal(
    drawing(4, ["east", "west"], 80),
    `4 nodes, 9 pairs: loss in %; rows probe columns; · no loss, ? not measured, ~ no data from the source

            east      west
               1    2    3    4
east
1 node-001         25  all    ·
2 node-003    25       all    ·
west
3 node-002~    ?    ?         ?
4 node-004     ·    ·  all

No data from 1 of 4 sources:
  node-002: no answer
`,
  );
});

Deno.test("matrixText() does not put nodes without a zone under the zone before them", () => {
  const nodes = [...caseNodes(2, ["east"]), { name: "stray", addresses: ["10.9.9.9"] }];
  const mesh = caseMesh({ nodes, losses: [], silent: [] });
  const text = matrixText(matrixOf(mesh), { width: 80, colour: false, show: "loss" });
  assert.match(text, /^ +east +…one$/m);
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

Deno.test("matrixText() separates pairs that are not probed from a source without data", () => {
  const cluster = { nodes: caseNodes(30, ["a", "b"]), losses: [], meshDegree: 16 };
  const matrix = matrixOf(caseMesh({ ...cluster, silent: ["node-001"] }));
  const [head = "", ...rows] = matrixText(matrix, { width: 200, colour: false, show: "loss" })
    .split("\n");
  assert.match(head, /^30 nodes, 464 of 870 pairs: .*, - not probed, ~ no data from the source$/);
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

Deno.test("matrixText() says which sources give no data and why, in whole words, folded or not", () => {
  for (const count of [5, 45]) {
    const nodes = caseNodes(count, ["a", "b"]);
    const mesh = caseMesh({ nodes, losses: [], silent: ["node-002", "node-003"] });
    const reason = "its pod is Pending: ImagePullBackOff";
    const sources = mesh.sources.map((one) => one.silent ? { ...one, reason } : one);
    const matrix = matrixOf({ ...mesh, sources });
    const text = (width: number) => matrixText(matrix, { width, colour: false, show: "loss" });
    const why =
      `No data from 2 of ${count} sources:\n  node-002: ${reason}\n  node-003: ${reason}\n`;
    assert.equal(text(80).split("\n\n").at(-1), why);
    assert.match(text(30), /\n {2}node-002: its pod is\n {4}Pending: ImagePullBackOff\n/);
    assert.equal(
      text(80).split("\n")[0]?.includes("~"),
      count === 5,
      "no row of the folded has it",
    );
    const [first, second] = JSON.parse(matrixJson(matrix)).nodes.toSorted(
      (one: { name: string }, other: { name: string }) => one.name < other.name ? -1 : 1,
    );
    assert.deepEqual([first.silent, "reason" in first, second.reason], [false, false, reason]);
  }
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
  assert.match(text, /, ~ no data from the source, # cordoned\n\n +1 +2 +3\n1 node-001 /);
  assert.deepEqual(text.match(/^\d node-\d+\S*/gm), ["1 node-001", "2 node-002~#", "3 node-003#"]);
});

Deno.test("matrixText() shows path MTUs, and marks those above which packets vanish", () => {
  const pathMtus = [
    { bytes: 1500, blackHole: false },
    { bytes: 1428, blackHole: true },
    { blackHole: false },
  ];
  const names = ["a", "b", "c"];
  const pairs = names.flatMap((source, row) =>
    names.filter((name) => name !== source).map((destination, place) => {
      const pathMtu = pathMtus[(row + place) % 3];
      const counts = { address: "10.0.0.1", sent: 10, received: 10 };
      return { source, destination, ...counts, ...(pathMtu === undefined ? {} : { pathMtu }) };
    })
  );
  const nodes = names.map((name) => ({ name }));
  const sources = names.map((name) => ({ name, silent: false }));
  const text = matrixText(matrixOf({ nodes, sources, pairs, externals: [] }), {
    ...{ width: 80, colour: false, show: "mtu" },
  });
  assert.deepEqual(text.split("\n"), [
    "3 nodes, 6 pairs: path MTU in bytes; rows probe columns; ! larger packets vanish, ? not measured",
    "",
    "            1    2    3",
    "1 a           1500!1428",
    "2 b     !1428         ?",
    "3 c         ? 1500",
    "",
  ]);
});

Deno.test("matrixText() marks nodes that left the cluster, and names them and pairs that nobody measures", () => {
  const mesh = caseMesh({ nodes: caseNodes(4), losses: [], silent: ["node-004"] });
  const pairs = mesh.pairs.map((pair) =>
    pair.source === "node-001" && pair.destination === "node-002"
      ? { ...pair, address: "node-002.example", sent: 0, received: 0 }
      : pair
  );
  const matrix = matrixOf({ ...mesh, pairs, stale: ["node-004"] });
  const text = matrixText(matrix, { width: 80, colour: false, show: "loss" });
  assert.match(text, /~ no data from the source, x not in the cluster\n/);
  assert.match(text, /^1 node-001 +\? +· +·$/m);
  assert.match(text, /^4 node-004~x +\? +\? +\?$/m);
  assert.match(
    text,
    /\n\nIn the node list, but not in the cluster: 1\n {2}node-004\n {2}Next: .*\n {4}sync\n/,
  );
  assert.match(text, /\n\nNot measured: 1 pair\n {2}node-001 to node-002: .*\n {4}.*\n$/);
  const narrow = matrixText(matrix, { width: 30, colour: false, show: "loss" });
  assert.ok(narrow.split("\n").slice(2).every((line) => line.length <= 30), narrow);
});
