import assert from "node:assert/strict";
import { Samples } from "../../tests/exposition.ts";
import { countsBetween, lossOf, lossTable, readCounts } from "./observer.ts";

const textfile = (sent: number, received: number) =>
  new Samples(`# HELP nodeping_probes_sent_total Echo requests whose outcome is known.
# TYPE nodeping_probes_sent_total counter
nodeping_probes_sent_total{source_node="a",destination_node="b",destination_address="192.0.2.2",destination_kind="node"} ${sent}
nodeping_probes_received_total{source_node="a",destination_node="b",destination_address="192.0.2.2",destination_kind="node"} ${received}
nodeping_duplicates_total{source_node="a",destination_node="b",destination_address="192.0.2.2",destination_kind="node"} 7
`);

Deno.test("readCounts() reads the counters of each pair", () => {
  const pair = { source: "a", destination: "b", sent: 40, received: 25 };
  assert.deepEqual([...readCounts([textfile(40, 25), new Samples("")]).values()], [pair]);
});

Deno.test("countsBetween() gives what happened since the earlier reading", () => {
  const counts = countsBetween(readCounts([textfile(40, 25)]), readCounts([textfile(50, 30)]));
  assert.deepEqual([...counts.values()].map(lossOf), [0.5]);
});

Deno.test("countsBetween() counts from 0 where the pair was not there yet", () => {
  const counts = countsBetween(new Map(), readCounts([textfile(4, 4)]));
  assert.deepEqual([...counts.values()].map(({ sent }) => sent), [4]);
});

Deno.test("lossOf() is undefined without probes", () => {
  assert.equal(lossOf({ source: "a", destination: "b", sent: 0, received: 0 }), undefined);
});

const table = new Map([
  ["a b", { source: "a", destination: "b", sent: 8, received: 6 }],
  ["b a", { source: "b", destination: "a", sent: 0, received: 0 }],
]);

Deno.test("lossTable() aligns sources in rows and destinations in columns", () => {
  assert.deepEqual(lossTable(["a", "b"], table, false), [
    "               a       b",
    "  a            -    25 %",
    "  b            ?       -",
  ]);
});

Deno.test("lossTable() marks lossy cells by colour where there is one", () => {
  const coloured = lossTable(["a", "b"], table, true).filter((line) => line.includes("\x1b"));
  assert.deepEqual(coloured, ["  a            -  \x1b[1;31m  25 %\x1b[0m"]);
});
