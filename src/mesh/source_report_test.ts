import assert from "node:assert/strict";
import { increaseBetween, isReported, parseExposition, sourceReports } from "./source_report.ts";
import type { SourceReport } from "./source_report.ts";

const all = () => true;

Deno.test("parseExposition() reads labels with every escape, values and timestamps", () => {
  const text = '# HELP x y\n\na 1\nb{} +Inf\nc{q="a\\"b\\\\n\\nd",r="}, {"} 1.5e-3 1700000000\n' +
    'd{x="1",} NaN\n';
  const [a, b, c, d] = parseExposition(text, all);
  assert.deepEqual({ ...a?.labels }, {});
  assert.equal(a?.value, 1);
  assert.equal(b?.value, Infinity);
  assert.deepEqual({ ...c?.labels }, { q: 'a"b\\n\nd', r: "}, {" });
  assert.equal(c?.value, 0.0015);
  assert.ok(Number.isNaN(d?.value));
});

Deno.test("parseExposition() refuses what is no sample, and says which line", () => {
  const bad = ["a", "a one", '{x="1"} 1', 'a{x="1} 1', "a{x=1} 1", 'a{x="1" y="2"} 1', "a 1 2 3"]
    .concat(['a{x="1",x="2"} 1', 'a{x="\\q"} 1', "a 0x10", "é 1"]);
  for (const line of bad) {
    assert.throws(
      () => parseExposition(`ok 1\n${line}\n`, all),
      /^Error: Line 2 is no sample/,
      line,
    );
  }
});

Deno.test("parseExposition() refuses half a file", () => {
  assert.throws(() => parseExposition("a 1\nb 12", all), /cut off/);
});

function report(lines: readonly string[]): SourceReport {
  const [found] = sourceReports(
    parseExposition(lines.map((line) => `${line}\n`).join(""), isReported),
  );
  assert.ok(found);
  return found;
}

function pair(family: string, value: number, kind = "node"): string {
  return `nodeping_${family}{source_node="a",destination_node="b",destination_address="10.0.0.2",` +
    `destination_kind="${kind}",source_zone="z"} ${value}`;
}

Deno.test("sourceReports() joins the families of a pair and keeps an external namesake apart", () => {
  const { totals, zone, measuring, writtenSeconds } = report([
    pair("probes_sent_total", 10),
    pair("probes_sent_total", 20, "external"),
    pair("probes_received_total", 0, "external"),
    pair("probes_received_total", 9),
    pair("rtt_seconds_total", 0.5),
    'nodeping_agent_measuring{source_node="a"} 0',
    'nodeping_agent_last_write_timestamp_seconds{source_node="a"} 1700000000',
    'node_load1{source_node="a"} 1',
  ]);
  const who = { destination: "b", address: "10.0.0.2" };
  assert.deepEqual(totals, [
    { ...who, kind: "node", sent: 10, received: 9, rttSumSeconds: 0.5 },
    { ...who, kind: "external", sent: 20, received: 0 },
  ]);
  assert.deepEqual([zone, measuring, writtenSeconds], ["z", false, 1_700_000_000]);
});

Deno.test("sourceReports() takes a pair without both counters for not measured, not for lost", () => {
  const { totals } = report([
    pair("probes_sent_total", 10),
    pair("probes_sent_total", NaN, "external"),
    pair("probes_received_total", 0, "external"),
  ]);
  assert.deepEqual(totals, []);
  const lines = ["-3", "+Inf", "NaN"].map((value) =>
    report(
      [pair("probes_sent_total", 10), pair("probes_received_total", 9)].map((line) =>
        line.replace(/9$/, value)
      ),
    )
  );
  for (const { totals } of lines) assert.deepEqual(totals, []);
});

Deno.test("increaseBetween() subtracts totals, and counts from nothing after a restart", () => {
  const earlier = report([pair("probes_sent_total", 100), pair("probes_received_total", 90)]);
  const later = report([pair("probes_sent_total", 130), pair("probes_received_total", 100)]);
  const [grown] = increaseBetween(earlier, later).totals;
  assert.deepEqual([grown?.sent, grown?.received], [30, 10]);
  const [restarted] = increaseBetween(later, earlier).totals;
  assert.deepEqual([restarted?.sent, restarted?.received], [100, 90]);
});

Deno.test("increaseBetween() takes an agent that counted nothing for silent, not for restarted", () => {
  const reading = (sent: number, received: number, rttSum: number) =>
    report([
      pair("probes_sent_total", sent),
      pair("probes_received_total", received),
      pair("rtt_seconds_total", rttSum),
    ]);
  const [stuck] = increaseBetween(reading(100, 90, 0.5), reading(100, 90, 0.5)).totals;
  assert.deepEqual([stuck?.sent, stuck?.received, stuck?.rttSumSeconds], [0, 0, 0]);
  const [dead] = increaseBetween(reading(100, 90, 0.5), reading(130, 90, 0.5)).totals;
  assert.deepEqual([dead?.sent, dead?.received, dead?.rttSumSeconds], [30, 0, 0]);
  const [restarted] = increaseBetween(reading(100, 90, 0.5), reading(110, 20, 0.75)).totals;
  assert.deepEqual([restarted?.sent, restarted?.received, restarted?.rttSumSeconds], [
    110,
    20,
    0.75,
  ]);
});

Deno.test("sourceReports() refuses labels that could steer a terminal", () => {
  const hostile = ["\x1b[2J", "\x9b2J", "a\\nNo fault found", "a\r", "x".repeat(254)];
  const labels = ["source_node", "destination_node", "destination_address", "source_zone"];
  for (const label of labels) {
    for (const text of hostile) {
      const line = pair("probes_sent_total", 1).replace(
        new RegExp(`${label}="[^"]*"`),
        () => `${label}="${text}"`,
      );
      const named = new RegExp(
        `^The label ${label} of nodeping_probes_sent_total is no name: [ -~]+$`,
      );
      assert.throws(() => report([line]), { message: named }, JSON.stringify(text));
    }
  }
});

Deno.test("parseExposition() reads or refuses each line in a time that grows with its length", () => {
  const long = 100_000;
  const lines = [
    `a ${"1".repeat(long)}x`,
    `a${" ".repeat(long)}1${" ".repeat(long)}y`,
    `a{${"} 1 ".repeat(long)}x`,
    `a{b="${"\\\\".repeat(long)}" 1`,
    `a{${'b="c",'.repeat(long)}} 1`,
    `a 1 ${"1".repeat(long)}x`,
  ];
  const startMs = performance.now();
  for (const line of lines) assert.throws(() => parseExposition(`${line}\n`, () => true));
  const tookMs = performance.now() - startMs;
  assert.ok(tookMs < 5000, `${tookMs} ms`);
});

Deno.test("sourceReports() refuses names of nodes and addresses that no list can have", () => {
  const line = (label: string, text: string) =>
    pair("probes_sent_total", 1).replace(
      new RegExp(`${label}="[^"]*"`),
      () => `${label}="${text}"`,
    );
  for (const text of ["=1+1", ";=1+1", "</script>", "__proto__", "a b"]) {
    for (const label of ["source_node", "destination_node", "destination_address"]) {
      if (label === "destination_address" && text === "__proto__") continue;
      assert.throws(() => report([line(label, text)]), { message: /is no name/ }, text);
    }
    const external = line("destination_node", text)
      .replace('destination_kind="node"', 'destination_kind="external"');
    report([external, external.replace("sent", "received")]);
  }
});

Deno.test("sourceReports() takes a destination for cordoned only where the agent says 1", () => {
  const cordoned = (name: string, value: number) =>
    `nodeping_destination_cordoned{source_node="a",destination_node="${name}"} ${value}`;
  assert.deepEqual(report([cordoned("b", 1), cordoned("c", 0), cordoned("d", 1)]).cordoned, [
    "b",
    "d",
  ]);
});

Deno.test("sourceReports() takes the path MTU of a pair, and none from an agent that does not measure it", () => {
  const counters = [pair("probes_sent_total", 10), pair("probes_received_total", 9)];
  const pathMtuOf = (...lines: readonly string[]) =>
    report([...counters, ...lines]).totals[0]?.pathMtu;
  assert.equal(pathMtuOf(), undefined);
  assert.deepEqual(pathMtuOf(pair("path_mtu_black_hole", 0)), { blackHole: false });
  assert.deepEqual(pathMtuOf(pair("path_mtu_bytes", 1400), pair("path_mtu_black_hole", 1)), {
    ...{ bytes: 1400, blackHole: true },
  });
  const later = report([...counters, pair("path_mtu_bytes", 1500), pair("path_mtu_black_hole", 0)]);
  const [between10s] = increaseBetween(report(counters), later).totals;
  assert.deepEqual(between10s?.pathMtu, { bytes: 1500, blackHole: false });
});
