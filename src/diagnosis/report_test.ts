import assert from "node:assert/strict";
import { diagnose } from "./diagnose.ts";
import { percent, reportText } from "./report.ts";
import type { PairMeasurement } from "../mesh/mesh.ts";
import {
  betweenLoss,
  caseMesh,
  caseNodes,
  dualStack,
  linkLoss,
  namesIn,
  nodeLoss,
} from "../../tests/cases/cluster.ts";
import type { CaseCluster } from "../../tests/cases/cluster.ts";

/** The evidence of each verdict, of a mesh in which only some pairs are measured. */
function evidence(
  cluster: Omit<CaseCluster, "silent">,
  isMeasured: (pair: PairMeasurement) => boolean = () => true,
): readonly string[] {
  const mesh = caseMesh({ ...cluster, silent: [] });
  const { verdicts } = diagnose({ ...mesh, pairs: mesh.pairs.filter(isMeasured) }).report;
  return verdicts.map((verdict) => verdict.evidence);
}

Deno.test("evidenceOf() says of a link that only its later end measures what that end loses", () => {
  const losses = linkLoss("node-001", "node-003", 0.4);
  const oneWay = ({ source, destination }: PairMeasurement) =>
    source !== "node-001" || destination !== "node-003";
  assert.deepEqual(evidence({ nodes: caseNodes(5), losses }, oneWay), [
    "node-003 loses 40 % of its probes of node-001; the other direction was not measured",
  ]);
});

Deno.test("evidenceOf() tells the inside of a zone from what is between two", () => {
  const nodes = caseNodes(12, ["east", "west"]);
  const [east, west] = [namesIn(nodes, "east"), namesIn(nodes, "west")];
  assert.deepEqual(evidence({ nodes, losses: betweenLoss(east, east, 0.2) }), [
    "30 of 30 pairs inside east lose probes, 20 % in all",
  ]);
  assert.deepEqual(evidence({ nodes, losses: betweenLoss(east, west, 0.2) }), [
    "72 of 72 pairs between east and west lose probes, 20 % in all",
  ]);
});

Deno.test("evidenceOf() does not speak of the 1 of 1 nodes that a node probes", () => {
  const losses = nodeLoss("node-002", 1);
  const oneOut = ({ source, destination }: PairMeasurement) =>
    source !== "node-002" || destination === "node-001";
  assert.deepEqual(evidence({ nodes: caseNodes(6), losses }, oneOut), [
    "5 of the 5 nodes that probe node-002 lose 100 % of those probes, and it loses 100 % of its " +
    "own to the only node that it probes",
  ]);
});

Deno.test("evidenceOf() says of a source what it loses itself, and what others lose of it", () => {
  const losses = [{ from: ["node-002"], loss: 0.25 }];
  assert.deepEqual(evidence({ nodes: caseNodes(5), losses }), [
    "node-002 loses 25 % of its probes to 4 of the 4 nodes that it probes, while others lose 0 % " +
    "of their probes of it",
  ]);
  const unseen = ({ destination }: PairMeasurement) => destination !== "node-002";
  assert.deepEqual(evidence({ nodes: caseNodes(5), losses }, unseen), [
    "node-002 loses 25 % of its probes to 4 of the 4 nodes that it probes; nobody's probes of it " +
    "were read",
  ]);
});

Deno.test("evidenceOf() says of a destination what others lose of it, and what it loses itself", () => {
  const losses = [{ to: ["node-002"], loss: 0.25 }, {
    from: ["node-002"],
    to: ["node-001"],
    loss: 0.01,
  }];
  assert.deepEqual(evidence({ nodes: caseNodes(5), losses }), [
    "4 of the 4 nodes that probe node-002 lose 25 % of those probes, while it loses 0.25 % of its own",
  ]);
});

Deno.test("evidenceOf() says at which addresses of its ends a link loses", () => {
  const losses = linkLoss("node-001", "node-003", 1).map((loss) => ({
    ...loss,
    family: 6 as const,
  }));
  assert.deepEqual(evidence({ nodes: dualStack(caseNodes(5)), losses }), [
    "node-001 loses 100 % of its probes of node-003, and node-003 100 % of its probes of node-001; " +
    "the loss is on fd00::1, fd00::3: other addresses do better",
  ]);
});

Deno.test("evidenceOf() counts all who lose by a faint fault", () => {
  const [sentence = ""] = evidence({ nodes: caseNodes(20), losses: nodeLoss("node-002", 0.015) });
  assert.equal(
    sentence,
    "19 of the 19 nodes that probe node-002 lose 1.5 % of those probes, and it loses 1.5 % of its " +
      "own to 19 of the 19 nodes that it probes",
  );
});

Deno.test("percent() keeps what matters: no loss is 0, a little is not, all is 100", () => {
  const parts = [0, 0.00001, 0.0003, 0.042, 0.3749, 0.992, 0.997, 0.99991, 1];
  assert.deepEqual(parts.map(percent), [
    "0 %",
    "below 0.01 %",
    "0.03 %",
    "4.2 %",
    "37 %",
    "99 %",
    "99.7 %",
    "99.9 %",
    "100 %",
  ]);
});

function textWithoutDataOf(count: number): string {
  const nodes = caseNodes(20);
  const silent = nodes.slice(0, count).map(({ name }) => name);
  const mesh = caseMesh({ nodes, losses: [], silent });
  return reportText(diagnose(mesh), mesh);
}

Deno.test("reportText() names ten sources without data, and counts the others", () => {
  assert.match(
    textWithoutDataOf(13),
    /^No data from 13 of 20 sources:\n( {2}node-\d+: no answer\n){10} {2}and 3 more\n$/m,
  );
  assert.match(textWithoutDataOf(10), / {2}node-010: no answer\n$/);
  assert.doesNotMatch(textWithoutDataOf(0), /No data from/);
});

Deno.test("reportText() says of a healthy mesh what would have been named", () => {
  const mesh = caseMesh({ nodes: caseNodes(20), losses: [], silent: [] });
  const text = (probes: number) => {
    const pairs = mesh.pairs.map((pair) => ({ ...pair, sent: probes, received: probes }));
    return reportText(diagnose({ ...mesh, pairs }), mesh);
  };
  assert.match(
    text(600),
    /^No fault found in 380 pairs, measured by 20 of 20 nodes\.\nA link that loses [\d.]+ % would have been named;/,
  );
  assert.match(text(1), /\nSo few probes were seen that not even a cut link would show: /);
});

Deno.test("reportText() names stale nodes and unmeasured pairs, and judges neither", () => {
  const mesh = caseMesh({
    nodes: caseNodes(5),
    losses: nodeLoss("node-003", 1),
    silent: ["node-003"],
  });
  const pairs = mesh.pairs.map((pair) =>
    pair.source === "node-001" && pair.destination === "node-002"
      ? { ...pair, address: "node-002.example", sent: 0, received: 0 }
      : pair
  );
  const seen = { ...mesh, pairs, stale: ["node-003"] };
  const diagnosis = diagnose(seen);
  assert.deepEqual(diagnosis.report.verdicts, []);
  assert.deepEqual(diagnosis.report.stale, ["node-003"]);
  assert.deepEqual(
    diagnosis.report.notMeasured.map(({ source, destination }) => [source, destination]),
    [
      ["node-001", "node-002"],
    ],
  );
  const text = reportText(diagnosis, seen);
  assert.match(text, /measured by 4 of 4 nodes/);
  assert.match(text, /not in the cluster: 1\n {2}node-003\n {2}Next: .*, run helm nodeping sync\n/);
  assert.match(text, /Not measured: 1 pair\n {2}node-001 to node-002: .*does the name resolve/);
  assert.doesNotMatch(text, /No data from/);
});

Deno.test("reportText() says an even loss below 1 % in one line, and above as one verdict", () => {
  const even = (loss: number) => {
    const mesh = caseMesh({ nodes: caseNodes(12), losses: [{ loss }], silent: [] });
    const diagnosis = diagnose(mesh);
    return { verdicts: diagnosis.report.verdicts, text: reportText(diagnosis, mesh) };
  };
  assert.deepEqual(even(0.005).verdicts, []);
  assert.match(even(0.005).text, /\nAll pairs lose about 0\.5 %, evenly: /);
  const { verdicts, text } = even(0.03);
  assert.deepEqual(verdicts.map(({ kind, loss }) => [kind, loss]), [["node", 0.03]]);
  assert.match(
    text,
    /^The whole mesh loses 3 %\n {2}132 of 132 pairs lose 3 % .*all of them share/,
  );
});

Deno.test("a path verdict says the groups, the share, and pairs that lose and that do well", () => {
  const nodes = caseNodes(8);
  const [near, far] = [nodes.slice(0, 4), nodes.slice(4)];
  const losses = near.flatMap(({ name: one }, i) =>
    far.flatMap(({ name: other }, j) => (i + j) % 2 === 0 ? linkLoss(one, other, 1) : [])
  );
  const connected = [...losses, ...linkLoss("node-001", "node-006", 1)];
  const { verdicts } = diagnose(caseMesh({ nodes, losses: connected, silent: [] })).report;
  assert.equal(verdicts.length, 1);
  const [path] = verdicts;
  assert.ok(path?.kind === "path");
  assert.deepEqual(path.groups, [near, far].map((group) => group.map(({ name }) => name)));
  assert.deepEqual([path.pairs, path.lossyPairs, path.loss], [32, 18, 1]);
  assert.match(
    path.evidence,
    /^18 of 32 pairs between the groups lose 100 %, the other 14 0 %: each pair keeps its path/,
  );
  assert.match(path.evidence, /; lost: node-001 to node-005, .*; well: node-001 to node-008/);
});

Deno.test("a path is one verdict, also where no lossy pair joins the halves of its groups", () => {
  const nodes = caseNodes(8);
  const losses = nodes.slice(0, 4).flatMap(({ name: one }, i) =>
    nodes.slice(4).flatMap(({ name: other }, j) => (i + j) % 2 === 0 ? linkLoss(one, other, 1) : [])
  );
  const { verdicts } = diagnose(caseMesh({ nodes, losses, silent: [] })).report;
  assert.deepEqual(verdicts.map(({ kind }) => kind), ["path"]);
});
