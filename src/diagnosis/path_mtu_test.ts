import assert from "node:assert/strict";
import { diagnose } from "./diagnose.ts";
import { mtuVerdicts } from "./path_mtu.ts";
import { adviceOf, verdictEffect, verdictTitle } from "./report.ts";
import type { Mesh, PairMeasurement } from "../mesh/mesh.ts";

type PathMtu = PairMeasurement["pathMtu"];

/** A full mesh of the nodes, whose zone is the text before a dash; `mtuOf` gives each pair's path MTU. */
function meshOf(
  names: readonly string[],
  mtuOf: (source: string, destination: string) => PathMtu,
): Mesh {
  const zoneOf = (name: string) => name.includes("-") ? { zone: name.split("-")[0] ?? "" } : {};
  return {
    nodes: names.map((name) => ({ name, ...zoneOf(name) })),
    sources: names.map((name) => ({ name, silent: false })),
    pairs: names.flatMap((source) =>
      names.filter((destination) => destination !== source).map((destination) => {
        const pathMtu = mtuOf(source, destination);
        return {
          ...{ source, destination, address: `10.0.0.${names.indexOf(destination)}` },
          ...{ sent: 20, received: 20 },
          ...(pathMtu === undefined ? {} : { pathMtu }),
        };
      })
    ),
    externals: [],
  };
}

const well: PathMtu = { bytes: 1500, blackHole: false };
const hole: PathMtu = { bytes: 1428, blackHole: true };
const six = ["n1", "n2", "n3", "n4", "n5", "n6"];
const subjects = (verdicts: ReturnType<typeof mtuVerdicts>) =>
  verdicts.map(({ nodes, zones, groups }) => nodes ?? zones ?? groups);

Deno.test("mtuVerdicts() finds nothing where all is well, and where a smaller path is discovered", () => {
  assert.deepEqual(mtuVerdicts(meshOf(six, () => well)), []);
  assert.deepEqual(
    mtuVerdicts(meshOf(six, (a) => a === "n1" ? { ...well, bytes: 1400 } : well)),
    [],
  );
  assert.deepEqual(mtuVerdicts(meshOf(six, () => undefined)), [], "agents that do not measure it");
});

Deno.test("mtuVerdicts() names a pair, in whichever direction it was measured", () => {
  const link = [["n2", "n5"], ["n5", "n2"]].map((pair) => pair.join());
  for (const directions of [link, link.slice(0, 1), link.slice(1)]) {
    const mesh = meshOf(six, (a, b) => directions.includes(`${a},${b}`) ? hole : well);
    assert.deepEqual(mtuVerdicts(mesh), [{
      kind: "mtu",
      nodes: ["n2", "n5"],
      bytes: { passes: 1428, lost: 1500 },
      loss: 0,
      evidence: "1,500 bytes vanish between n2 and n5, 1,428 pass, and no router says so",
    }]);
  }
});

Deno.test("mtuVerdicts() names a node most of whose pairs agree, whose own interface may be small", () => {
  const own = { bytes: 1400, blackHole: false };
  const ofAll = meshOf(six, (a, b) => a === "n3" ? own : b === "n3" ? hole : well);
  assert.deepEqual(subjects(mtuVerdicts(ofAll)), [["n3"]]);
  const [verdict] = mtuVerdicts(ofAll);
  assert.match(verdict?.evidence ?? "", /between n3 and 5 of the 5 nodes/);
  const ofMost = meshOf(
    six,
    (a, b) =>
      [a, b].includes("n3") && ![a, b].includes("n4") && ![a, b].includes("n5") ? hole : well,
  );
  assert.deepEqual(subjects(mtuVerdicts(ofMost)), [["n3"]]);
  const ofFew = meshOf(
    six,
    (a, b) =>
      [a, b].includes("n3") && ([a, b].includes("n4") || [a, b].includes("n5")) ? hole : well,
  );
  assert.deepEqual(subjects(mtuVerdicts(ofFew)), [["n3", "n4"], ["n3", "n5"]]);
});

Deno.test("mtuVerdicts() names no node that fewer than three others were measured with", () => {
  const three = ["n1", "n2", "n3"];
  const mesh = meshOf(three, (a, b) => [a, b].includes("n3") ? hole : well);
  assert.deepEqual(subjects(mtuVerdicts(mesh)), [["n1", "n3"], ["n2", "n3"]]);
});

Deno.test("mtuVerdicts() names two bad nodes, a bad node and a pair elsewhere, each once", () => {
  const bad = new Set(["n2", "n6"]);
  const two = meshOf(six, (a, b) => bad.has(a) || bad.has(b) ? hole : well);
  assert.deepEqual(subjects(mtuVerdicts(two)), [["n2"], ["n6"]]);
  const mixed = meshOf(
    six,
    (a, b) => [a, b].includes("n1") || [a, b].sort().join() === "n3,n4" ? hole : well,
  );
  assert.deepEqual(subjects(mtuVerdicts(mixed)), [["n1"], ["n3", "n4"]]);
});

Deno.test("mtuVerdicts() names two groups, and two zones where the groups are these", () => {
  const left = new Set(["n1", "n2", "n3"]);
  const groups = mtuVerdicts(meshOf(six, (a, b) => left.has(a) === left.has(b) ? well : hole));
  assert.deepEqual(subjects(groups), [[["n1", "n2", "n3"], ["n4", "n5", "n6"]]]);
  const racks = ["a-1", "a-2", "a-3", "b-1", "b-2", "b-3", "c-1", "c-2"];
  const between = (a: string, b: string) => [a[0], b[0]].sort().join("") === "ab";
  const zones = mtuVerdicts(meshOf(racks, (a, b) => between(a, b) ? hole : well));
  assert.deepEqual(subjects(zones), [["a", "b"]], "both reach the third zone");
  const alone = mtuVerdicts(meshOf(racks, (a, b) => a[0] === b[0] || between(a, b) ? well : hole));
  assert.deepEqual(subjects(alone), [[["a-1", "a-2", "a-3", "b-1", "b-2", "b-3"], ["c-1", "c-2"]]]);
  assert.match(alone[0]?.evidence ?? "", /b-1 and 2 more and c-1, c-2 \(12 of 12 measured pairs\)/);
});

Deno.test("mtuVerdicts() gives one verdict where all pairs are black holes", () => {
  const [verdict, ...others] = mtuVerdicts(meshOf(six, () => hole));
  assert.deepEqual(others, []);
  assert.deepEqual(verdict?.nodes, six);
  assert.deepEqual(verdict?.bytes, { passes: 1428, lost: 1429 }, "nobody knows of a larger one");
});

/** Nodes n001, n002 ... */
const many = (count: number) =>
  Array.from({ length: count }, (_, index) => `n${String(index + 1).padStart(3, "0")}`);

Deno.test("mtuVerdicts() gives one verdict where nodes have full-size packets only within many groups", () => {
  const names = many(60);
  const host = (name: string) => Math.floor((Number(name.slice(1)) - 1) / 3);
  const mesh = meshOf(names, (a, b) => host(a) === host(b) ? well : hole);
  const [verdict, ...others] = mtuVerdicts(mesh);
  assert.deepEqual(others, []);
  assert.deepEqual(verdict?.nodes, names);
  assert.match(verdict?.evidence ?? "", /between 60 nodes \(1710 of 1770 measured pairs;/);
  // Half of the nodes are well with each other.
  const some = meshOf(
    names,
    (a, b) => host(a) === host(b) || [a, b].every((name) => name > "n030") ? well : hole,
  );
  assert.deepEqual(subjects(mtuVerdicts(some)), names.slice(0, 30).map((name) => [name]));
});

Deno.test("mtuVerdicts() names no node of the part in which full-size packets pass, however small", () => {
  const names = many(10);
  const mesh = meshOf(names, (a, b) => [a, b].every((name) => name > "n006") ? well : hole);
  assert.deepEqual(subjects(mtuVerdicts(mesh)), [names.slice(0, 6)]);
});

Deno.test("mtuVerdicts() names three groups by twos, and of four the nodes of the smaller", () => {
  const groupOf = (name: string) => Math.max(0, Math.ceil((Number(name.slice(1)) - 10) / 2));
  const mesh = (count: number) =>
    meshOf(many(count), (a, b) => groupOf(a) === groupOf(b) ? well : hole);
  assert.equal(mtuVerdicts(mesh(14)).filter(({ groups }) => groups).length, 3);
  assert.deepEqual(subjects(mtuVerdicts(mesh(16))), many(16).slice(10).map((name) => [name]));
});

Deno.test("mtuVerdicts() names many pairs as one cause", () => {
  const names = many(50);
  const isBad = (a: string, b: string) => Math.abs(Number(a.slice(1)) - Number(b.slice(1))) === 25;
  const few = meshOf(names.slice(0, 45), (a, b) => isBad(a, b) ? hole : well);
  assert.equal(mtuVerdicts(few).length, 20);
  const mesh = meshOf(names, (a, b) => isBad(a, b) ? hole : well);
  const [verdict, ...others] = mtuVerdicts(mesh);
  assert.deepEqual(others, []);
  assert.deepEqual(verdict?.nodes, names);
  assert.match(
    verdict?.evidence ?? "",
    /between 50 nodes \(25 of 1225 measured pairs; n001 - n026, n002 - n027 \.\.\.\)/,
  );
  assert.ok(verdict);
  assert.match(
    adviceOf(verdict),
    /from one node of such a pair: "ping -M do -s 1472 the other node"/,
  );
});

Deno.test("mtuVerdicts() names the node that many pairs share, though most of its own are well", () => {
  const names = many(50);
  const elsewhere = "n040,n041";
  const mesh = meshOf(names, (a, b) => {
    const [one = "", other = ""] = [a, b].sort();
    return one === "n001" && other <= "n025" || `${one},${other}` === elsewhere ? hole : well;
  });
  const verdicts = mtuVerdicts(mesh);
  assert.deepEqual(subjects(verdicts), [["n001"], ["n040", "n041"]]);
  assert.match(verdicts[0]?.evidence ?? "", /between n001 and 24 of the 49 nodes/);
});

Deno.test("mtuVerdicts() names 200 causes at most, whatever an agent says", () => {
  const names = many(8000);
  const lying = meshOf(["n0"], () => undefined);
  const pairs = names.map((destination, place): PairMeasurement => ({
    ...{ source: "n0", destination, address: "10.0.0.1", sent: 20, received: 20 },
    pathMtu: place % 5 < 2 ? { ...hole, bytes: 1300 + place } : { ...well, bytes: 9000 - place },
  }));
  assert.equal(mtuVerdicts({ ...lying, pairs }).length, 1);
  // Eight racks of 25, and three in eight of the pairs between them are holes.
  const racks = many(200);
  const rack = (name: string) => Number(name.slice(1)) % 8;
  const mesh = meshOf(racks, (a, b) => {
    const [one = "", other = ""] = [a, b].sort();
    const drawn = Math.imul(Number(one.slice(1)) * 211 + Number(other.slice(1)), 0x9e3779b1) >>> 29;
    return rack(a) !== rack(b) && drawn < 3 ? hole : well;
  });
  assert.equal(mtuVerdicts(mesh).length, 1);
  // Of 250 nodes, each has two holes and one good pair, with the same other node.
  const measured = new Set(
    many(250).flatMap((name) => [`${name},hub`, `${name},${name}x`, `${name},${name}y`]),
  );
  const bad = [...measured].map((text) => {
    const [source = "", destination = ""] = text.split(",");
    return {
      ...{ source, destination, address: "10.0.0.1", sent: 20, received: 20 },
      pathMtu: destination === "hub" ? well : hole,
    };
  });
  assert.equal(mtuVerdicts({ ...lying, pairs: bad }).length, 200);
});

Deno.test("mtuVerdicts() takes dead pairs for nothing, and the worst of several addresses", () => {
  const dead = meshOf(
    six,
    (a, b) => [a, b].includes("n1") ? { blackHole: false } : [a, b].includes("n2") ? hole : well,
  );
  assert.deepEqual(subjects(mtuVerdicts(dead)), [["n2"]]);
  const mesh = meshOf(["n1", "n2"], () => well);
  const second = { source: "n1", destination: "n2", address: "fd00::2", sent: 1, received: 1 };
  const dual = { ...mesh, pairs: [...mesh.pairs, { ...second, pathMtu: hole }] };
  assert.deepEqual(subjects(mtuVerdicts(dual)), [["n1", "n2"]]);
});

Deno.test("mtuVerdicts() leaves no black hole of random meshes without a verdict", () => {
  for (let seed = 1; seed <= 200; seed++) {
    const mesh = meshOf(six, (a, b) => {
      const mixed = Math.imul(seed * 37 + a.charCodeAt(1) * b.charCodeAt(1), 0x9e3779b1) >>> 28;
      return mixed < 4 ? hole : well;
    });
    const vanishing = mesh.pairs.filter(({ pathMtu }) => pathMtu?.blackHole);
    const verdicts = mtuVerdicts(mesh);
    assert.equal(verdicts.length > 0, vanishing.length > 0);
    for (const { source, destination } of vanishing) {
      const named = verdicts.filter(({ nodes, groups }) => {
        if (groups) {
          return groups.filter((one) => one.includes(source) !== one.includes(destination))
            .length === 2;
        }
        const ends = [source, destination].filter((node) => nodes?.includes(node)).length;
        return nodes?.length === 2 ? ends === 2 : ends > 0;
      });
      assert.ok(named.length >= 1, `${source} ${destination} of seed ${seed}`);
    }
  }
});

Deno.test("adviceOf() names the usual culprits of a black hole, and how to see it by hand", () => {
  const mesh = meshOf(six, (a, b) => [a, b].sort().join() === "n1,n2" ? hole : well);
  const [verdict] = diagnose(mesh).report.verdicts;
  assert.ok(verdict?.kind === "mtu");
  assert.equal(verdict.next, adviceOf(verdict));
  assert.match(verdict.next, /ping -M do -s 1472 n2" gets no answer and "ping -M do -s 1400 n2"/);
  for (const culprit of [/overlay or tunnel/, /virtual switch/, /jumbo frames/, /ICMP type 3/]) {
    assert.match(verdict.next, culprit);
  }
  assert.equal(verdictTitle(verdict), "Path MTU of n1 - n2");
  assert.equal(verdictEffect(verdict), "lets no packet above 1,428 bytes pass");
});

Deno.test("diagnose() puts a black hole beside the loss of a link, and takes nothing from it", () => {
  const mesh = meshOf(six, (a, b) => [a, b].sort().join() === "n1,n2" ? hole : well);
  const lossy = (pair: PairMeasurement) =>
    [pair.source, pair.destination].sort().join() === "n3,n4"
      ? { ...pair, sent: 200, received: 100 }
      : { ...pair, sent: 200, received: 200 };
  const both = diagnose({ ...mesh, pairs: mesh.pairs.map(lossy) }).report.verdicts;
  assert.deepEqual(both.map(({ kind }) => kind), ["link", "mtu"]);
  const without = mesh.pairs.map(lossy).map(({ pathMtu: _, ...pair }) => pair);
  assert.deepEqual(diagnose({ ...mesh, pairs: without }).report.verdicts, both.slice(0, 1));
});
