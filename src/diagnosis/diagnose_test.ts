import assert from "node:assert/strict";
import { diagnose } from "./diagnose.ts";
import { adviceOf, namesOf, reportText, verdictTitle } from "./report.ts";
import { diagnosisCases } from "../../tests/cases/cases.ts";
import {
  betweenLoss,
  caseMesh,
  caseNodes,
  linkLoss,
  namesIn,
  nodeLoss,
} from "../../tests/cases/cluster.ts";

const nothing = { verdicts: [], stale: [], notMeasured: [] };
const noLoss = { losses: [], silent: [] };

function evidenceIn(name: string): readonly string[] {
  const found = diagnosisCases.find((one) => one.name === name);
  assert.ok(found, name);
  return diagnose(caseMesh(found)).report.verdicts.map((verdict) => verdict.evidence);
}

Deno.test("diagnose() gives the documented JSON", () => {
  const nodes = caseNodes(4);
  const losses = linkLoss("node-003", "node-002", 0.93);
  const { report } = diagnose(caseMesh({ nodes, losses, silent: [] }));
  assert.deepEqual(JSON.parse(JSON.stringify(report)), {
    verdicts: [{
      kind: "link",
      nodes: ["node-002", "node-003"],
      loss: 0.93,
      evidence:
        "node-002 loses 93 % of its probes of node-003, and node-003 93 % of its probes of node-002",
      next:
        "Check the path between node-002 and node-003: switch ports, cables, routes, tunnels, and " +
        "filters for these two addresses; draining one of them only hides it",
    }],
    stale: [],
    notMeasured: [],
    sources: 4,
    pairs: 12,
  });
});

Deno.test("diagnose() says on which pairs a verdict rests, and which address is worst", () => {
  assert.deepEqual(evidenceIn("20 nodes: a dead node, its agent silent"), [
    "19 of the 19 nodes that probe node-002 lose 100 % of those probes, and no data came from its own agent",
  ]);
  assert.deepEqual(evidenceIn("5 nodes, dual stack: the IPv6 of one node is dead"), [
    "4 of the 4 nodes that probe node-003 lose 100 % of those probes, and it loses 100 % of its " +
    "own to 4 of the 4 nodes that it probes; the loss is on fd00::3: other addresses do better",
  ]);
  assert.match(
    evidenceIn("5 nodes: a dead node that is cordoned")[0] ?? "",
    /node-002 is cordoned/,
  );
});

Deno.test("diagnose() says of a healthy mesh what it could have seen: less with more probes", () => {
  const mesh = caseMesh({ nodes: caseNodes(20), ...noLoss });
  const { report, smallestLoss } = diagnose(mesh);
  assert.deepEqual(report, { ...nothing, sources: 20, pairs: 380 });
  assert.ok(smallestLoss !== undefined && smallestLoss > 0.005 && smallestLoss < 0.02);
  const brief = mesh.pairs.map((pair) => ({ ...pair, sent: 30, received: 30 }));
  const less = diagnose({ ...mesh, pairs: brief }).smallestLoss;
  assert.ok(less !== undefined && less > 2 * smallestLoss, String(less));
});

Deno.test("diagnose() says what it could have seen of most pairs, whatever one of them sent", () => {
  const mesh = caseMesh({ nodes: caseNodes(20), ...noLoss });
  const pairs = mesh.pairs.map((pair, index) =>
    index === mesh.pairs.length / 2 ? { ...pair, sent: 4, received: 4 } : pair
  );
  const [all = 0, most = 1] = [mesh, { ...mesh, pairs }].map((one) => diagnose(one).smallestLoss);
  assert.ok(Math.abs(most - all) < 0.001, `${most} instead of ${all}`);
});

Deno.test("diagnose() names a link, not a node, where the node has no other peer", () => {
  const losses = nodeLoss("node-006", 0.5);
  const mesh = caseMesh({ nodes: caseNodes(6), losses, silent: [] });
  const pairs = mesh.pairs.filter(({ source, destination }) =>
    ![source, destination].includes("node-006") || [source, destination].includes("node-001")
  );
  const { verdicts } = diagnose({ ...mesh, pairs }).report;
  assert.deepEqual(verdicts.map(({ kind }) => kind), ["link"]);
});

Deno.test("diagnose() names what it says it would have named, and not much less", () => {
  for (const count of [2, 3, 5, 20]) {
    const nodes = caseNodes(count);
    const { smallestLoss = 1 } = diagnose(caseMesh({ nodes, ...noLoss }));
    const kinds = (loss: number) => {
      const losses = linkLoss("node-001", "node-002", loss);
      return diagnose(caseMesh({ nodes, losses, silent: [] })).report.verdicts
        .map((verdict) => verdict.kind);
    };
    assert.deepEqual(kinds(smallestLoss * 1.1), ["link"], String(count));
    assert.deepEqual(kinds(smallestLoss / 2), [], String(count));
  }
});

Deno.test("diagnose() makes no fault of single losses in half a minute of three nodes", () => {
  const mesh = caseMesh({ nodes: caseNodes(3), ...noLoss });
  const pairs = mesh.pairs.map((pair, index) => ({
    ...pair,
    sent: 30,
    received: index % 2 === 0 ? 29 : 30,
  }));
  assert.deepEqual(diagnose({ ...mesh, pairs }).report.verdicts, []);
});

Deno.test("diagnose() takes loss everywhere for one cause that all nodes share", () => {
  const losses = [{ loss: 0.3 }];
  const { verdicts } = diagnose(caseMesh({ nodes: caseNodes(6), losses, silent: [] })).report;
  assert.equal(verdicts.length, 1);
  assert.equal(verdicts[0]?.kind, "node");
  assert.match(verdicts[0]?.evidence ?? "", /30 of 30 pairs lose 30 % .* all of them share/);
});

Deno.test("diagnose() tells a node from its zones where a pair loses by both", () => {
  const nodes = caseNodes(5, ["a", "b"]);
  const [a, b] = [namesIn(nodes, "a"), namesIn(nodes, "b")];
  const found = (zones: readonly (readonly string[])[], loss: number) => {
    const losses = [
      ...nodeLoss("node-001", 0.3),
      ...betweenLoss(zones[0] ?? [], zones[1] ?? [], loss),
    ];
    return diagnose(caseMesh({ nodes, losses, silent: [] })).report.verdicts
      .map((verdict) => ({
        kind: verdict.kind,
        who: namesOf(verdict),
        loss: verdict.loss.toFixed(1),
      }))
      .sort((one, other) => one.kind < other.kind ? -1 : 1);
  };
  const node = { kind: "node", who: ["node-001"], loss: "0.3" };
  assert.deepEqual(found([a, b], 0.3), [
    node,
    { kind: "zone-pair", who: ["a", "b"], loss: "0.3" },
  ]);
  assert.deepEqual(found([a, a], 0.1), [
    node,
    { kind: "zone-pair", who: ["a", "a"], loss: "0.1" },
  ]);
});

Deno.test("diagnose() takes a node that loses more one way than the other for one cause", () => {
  const nodes = caseNodes(4, ["a", "b"]);
  for (const [from, to] of [[0.4, 0.85], [0.85, 0.4]] as const) {
    const losses = [
      { from: ["node-001"], loss: from },
      { to: ["node-001"], loss: to },
      ...betweenLoss(namesIn(nodes, "a"), namesIn(nodes, "b"), 0.2),
    ];
    const { verdicts } = diagnose(caseMesh({ nodes, losses, silent: [] })).report;
    assert.deepEqual(verdicts.map(({ kind }) => kind).sort(), ["node", "zone-pair"]);
  }
});

Deno.test("diagnose() does not count against a node what its worst link loses", () => {
  const losses = [...nodeLoss("node-001", 0.2), ...linkLoss("node-001", "node-002", 0.9)];
  const mesh = caseMesh({ nodes: caseNodes(8), losses, silent: [] });
  assert.deepEqual(
    diagnose(mesh).report.verdicts.map(({ kind, loss }) => [kind, loss.toFixed(1)]),
    [["link", "0.9"], ["node", "0.2"]],
  );
});

Deno.test("diagnose() calls a pair that loses one way only a link, and says so", () => {
  const losses = [{ from: ["node-001"], to: ["node-003"], loss: 1 }];
  const { verdicts } = diagnose(caseMesh({ nodes: caseNodes(5), losses, silent: [] })).report;
  assert.deepEqual(verdicts.map((verdict) => verdict.kind), ["link"]);
  assert.equal(
    verdicts[0]?.evidence,
    "node-001 loses 100 % of its probes of node-003; node-003 loses only 0 % of its own",
  );
});

Deno.test("diagnose() names a destination that only one source could see", () => {
  const losses = [{ to: ["node-002"], loss: 1 }];
  const mesh = caseMesh({ nodes: caseNodes(3), losses, silent: ["node-003"] });
  const { verdicts } = diagnose(mesh).report;
  assert.deepEqual(verdicts.map(({ kind, evidence }) => [kind, evidence]), [[
    "destination",
    "the only node that probes node-002 loses 100 % of those probes, while it loses 0 % of its own",
  ]]);
});

Deno.test("diagnose() spares a bad node's few good peers: one verdict, not one a peer", () => {
  const nodes = caseNodes(20);
  const losses = nodeLoss("node-004", 0.3).map((loss) => ({
    ...loss,
    ...(loss.from ? { to: nodes.slice(6).map((node) => node.name) } : {
      from: nodes.slice(6).map((node) => node.name),
    }),
  }));
  const { verdicts } = diagnose(caseMesh({ nodes, losses, silent: [] })).report;
  assert.deepEqual(verdicts.map(({ kind, loss }) => [kind, loss]), [["node", 0.3]]);
  assert.match(verdicts[0]?.evidence ?? "", /^14 of the 19 nodes/);
});

Deno.test("diagnose() has nothing to say of a mesh without probes", () => {
  const mesh = { nodes: [], sources: [], pairs: [], externals: [] };
  assert.deepEqual(diagnose(mesh), {
    report: { ...nothing, sources: 0, pairs: 0 },
    mayBeMore: false,
    smallestLoss: undefined,
  });
});

Deno.test("adviceOf() names the nodes or zones of every verdict of the cases", () => {
  for (const one of diagnosisCases) {
    for (const verdict of diagnose(caseMesh(one)).report.verdicts) {
      // Of a large group only the first are named.
      const who = verdict.kind === "path"
        ? verdict.groups.flatMap((group) => group.slice(0, 4))
        : namesOf(verdict);
      for (const name of who) assert.ok(adviceOf(verdict).includes(name), adviceOf(verdict));
    }
  }
});

Deno.test("diagnose() names 200 causes at most, whatever one agent says", () => {
  const names = Array.from({ length: 2000 }, (_, index) => `node-${index}`);
  const pairs = names.slice(1).map((destination, index) => ({
    ...{ source: "node-0", destination, address: "10.0.0.1", sent: 100 },
    received: index % 7 === 0 ? 50 : 100,
  }));
  const mesh = {
    nodes: names.map((name) => ({ name })),
    sources: names.map((name) => ({ name, silent: name !== "node-0" })),
    ...{ pairs, externals: [] },
  };
  const diagnosis = diagnose(mesh);
  assert.equal(diagnosis.report.verdicts.length, 200);
  assert.match(reportText(diagnosis, mesh), /\nAt least 200 causes found in 1999 pairs/);
});

Deno.test("diagnose() says of a destination beside a dead path what it loses itself", () => {
  const nodes = caseNodes(12);
  const [near, far] = [nodes.slice(0, 6), nodes.slice(6)];
  const path = near.flatMap(({ name: one }, i) =>
    far.flatMap(({ name: other }, j) =>
      (i * 7 + j * 11 + i * j * 3) % 5 < 2 ? linkLoss(one, other, 1) : []
    )
  );
  const losses = [...path, { to: ["node-002"], loss: 0.2 }];
  const { verdicts } = diagnose(caseMesh({ nodes, losses, silent: [] })).report;
  assert.deepEqual(verdicts.map(({ kind }) => kind), ["path", "destination"]);
  const [, destination] = verdicts;
  assert.ok(Math.abs((destination?.loss ?? 0) - 0.2) < 0.02, String(destination?.loss));
});

Deno.test("diagnose() takes what the inside of a zone alone loses for the zone's, in two zones, too", () => {
  const nodes = caseNodes(8).map((node, index) => ({ ...node, zone: index < 6 ? "a" : "b" }));
  const inside = nodes.slice(0, 6).map(({ name }) => name);
  const losses = [{ from: inside, to: inside, loss: 0.03 }];
  const { verdicts } = diagnose(caseMesh({ nodes, losses, silent: [] })).report;
  assert.deepEqual(verdicts.map(({ kind, loss }) => [kind, loss]), [["zone-pair", 0.03]]);
});

Deno.test("diagnose() blames nobody for a little more than an even loss", () => {
  const nodes = caseNodes(12);
  const losses = [{ loss: 0.05 }, { to: ["node-003"], loss: 0.013 }];
  const { verdicts } = diagnose(caseMesh({ nodes, losses, silent: [] })).report;
  assert.deepEqual(verdicts.map((one) => [one.kind, namesOf(one).length]), [["node", 12]]);
});

Deno.test("diagnose() says that only probes from one group to another are lost", () => {
  for (const [zones, count, loss] of [[2, 4, 0.3], [2, 10, 1], [3, 12, 1], [4, 20, 0.3]] as const) {
    const nodes = caseNodes(count, ["b", "a", "c", "d"].slice(0, zones));
    const [from, to] = [namesIn(nodes, "a"), namesIn(nodes, "b")];
    const mesh = caseMesh({ nodes, losses: [{ from, to, loss }], silent: [] });
    for (const known of [mesh, { ...mesh, nodes: nodes.map(({ name }) => ({ name })) }]) {
      const [verdict, ...others] = diagnose(known).report.verdicts;
      assert.deepEqual(others, []);
      assert.ok(verdict?.kind === "path" && verdict.oneWay);
      assert.deepEqual(verdict.groups, [from, to]);
      assert.match(verdict.evidence, /only probes from the first group to the second are lost/);
      assert.match(verdict.next, /^Check the firewalls, security groups/);
      assert.match(verdictTitle(verdict), /^Path from \(/);
    }
  }
});

Deno.test("diagnose() says nothing of a way back that was not measured", () => {
  for (const [zones, count] of [[3, 12], [4, 20]] as const) {
    const nodes = caseNodes(count, ["b", "a", "c", "d"].slice(0, zones));
    const [from, to] = [namesIn(nodes, "a"), namesIn(nodes, "b")];
    const mesh = caseMesh({ nodes, losses: [{ from, to, loss: 0.3 }], silent: [] });
    const pairs = mesh.pairs.filter(({ source, destination }) =>
      !(to.includes(source) && from.includes(destination))
    );
    const known = { ...mesh, pairs, nodes: nodes.map(({ name }) => ({ name })) };
    const { verdicts } = diagnose(known).report;
    assert.ok(verdicts.some(({ kind }) => kind === "path"));
    for (const { evidence } of verdicts) assert.doesNotMatch(evidence, /way back/);
  }
});
