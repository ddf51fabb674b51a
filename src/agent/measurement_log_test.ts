import assert from "node:assert/strict";
import { explainEnd, explainNoReplies, MeasurementLog } from "./measurement_log.ts";
import type { EndExplanation } from "./measurement_log.ts";
import type { RunEnd } from "../fping/process.ts";
import { FakeLog } from "../../tests/fakes/log.ts";

const explain = (end: Exclude<RunEnd, { kind: "stopped" }>): EndExplanation =>
  explainEnd(end, "/usr/bin/fping");

const exited = (code: number, message: string, signal: string | null = null): EndExplanation =>
  explain({ kind: "exited", status: { code, signal }, message });

Deno.test("explainEnd() says what to do when fping cannot be started", () => {
  const error = new Deno.errors.NotFound("no such file");
  assert.deepEqual(explain({ kind: "start_failed", error }), {
    reason: "start_failed",
    message: "Cannot start fping: install it, or say where it is with --fping",
    fields: { fping: "/usr/bin/fping", cause: "NotFound: no such file" },
  });
  const { message, fields } = explain({ kind: "start_failed", error: new Error("4.4 is too old") });
  assert.deepEqual([message, fields["cause"]], ["Cannot start fping", "Error: 4.4 is too old"]);
});

Deno.test("explainEnd() says that silence, clock steps and foreign replies are not loss", () => {
  assert.deepEqual(explain({ kind: "silent", silentMs: 2400 }), {
    reason: "silent",
    message: "fping has printed nothing for too long and is restarted; this is not loss. When it " +
      "goes on, look for a filter that refuses even this node's pings of itself",
    fields: { silent_ms: 2400 },
  });
  const stepped = explain({ kind: "clock_step", stepMs: -5000 });
  assert.deepEqual([stepped.reason, stepped.fields], ["clock_step", { step_ms: -5000 }]);
  assert.match(stepped.message, /^The clock stepped/);
  const foreign = explain({ kind: "wrong_source", address: "10.0.0.9" });
  assert.deepEqual([foreign.reason, foreign.fields], ["wrong_source", { address: "10.0.0.9" }]);
  assert.match(foreign.message, /same ICMP identifier.*answers from another address; fping 5\.3/);
});

Deno.test("explainEnd() says what to set when fping gets no socket", () => {
  for (
    const said of [
      "fping: can't create socket (must run as root?)",
      "fping: can't create raw socket (must run as root?)",
    ]
  ) {
    const { reason, message, fields } = exited(4, said);
    assert.equal(reason, "exited");
    assert.match(message, /^Cannot measure: .*NET_RAW.*net\.ipv4\.ping_group_range/);
    assert.deepEqual(fields, { code: 4, signal: undefined, said });
  }
});

Deno.test("explainEnd() names /etc/protocols when fping ends with 4 without a word", () => {
  const { message, fields } = exited(4, "");
  assert.match(message, /\/etc\/protocols is missing/);
  assert.deepEqual(fields, { code: 4, signal: undefined, said: undefined });
});

Deno.test("explainEnd() asks for a newer fping when it does not know its arguments", () => {
  assert.match(exited(3, "see 'fping -h' for usage information").message, /5\.1 or newer/);
});

Deno.test("explainEnd() makes nothing up about other ends", () => {
  for (const code of [0, 1, 2, 4]) {
    assert.equal(exited(code, "fping: something else").message, "fping ended and is restarted");
  }
  const killed = exited(137, "", "SIGKILL");
  assert.match(killed.message, /out of memory, so raise the memory limit$/);
  assert.deepEqual(killed.fields, {
    code: undefined,
    signal: "SIGKILL",
    said: undefined,
  });
});

Deno.test("explainNoReplies() blames ping sockets on fping 5.0 and 5.1 alone, and filters on all", () => {
  for (const version of ["5.0", "5.1"]) {
    const pattern = new RegExp(`fping ${version} receives nothing.*5\\.2 or newer; .*a filter`);
    assert.match(explainNoReplies(version), pattern);
  }
  for (const version of [undefined, "unknown", "5.2", "5.5", "5.10", "6.1"]) {
    assert.match(
      explainNoReplies(version),
      /a filter that drops ICMP.*icmp_echo_ignore_all/,
      version,
    );
  }
});

function makeLog(): { measurementLog: MeasurementLog; log: FakeLog; pass: (ms: number) => void } {
  const log = new FakeLog();
  let nowMs = 0;
  const measurementLog = new MeasurementLog({
    ...{ node: "node-0", fping: "fping", log },
    monotonicMs: () => nowMs,
  });
  return { measurementLog, log, pass: (ms) => void (nowMs += ms) };
}

Deno.test("MeasurementLog logs 20 ends of fping a minute, and how many it held back", () => {
  const { measurementLog, log, pass } = makeLog();
  const end = { kind: "silent", silentMs: 5000 } as const;
  for (let count = 0; count < 100; count++) {
    assert.equal(measurementLog.fpingEnded(end, 1000), "silent");
  }
  assert.equal(log.lines.length, 20);
  pass(60_000);
  measurementLog.fpingEnded(end, 2000);
  assert.deepEqual(log.lines.at(-1)?.fields, {
    silent_ms: 5000,
    next_start_in_ms: 2000,
    held_back: 80,
  });
});

Deno.test("MeasurementLog logs the end of fping though its lines are held back", () => {
  const { measurementLog, log } = makeLog();
  for (let count = 0; count < 100; count++) measurementLog.unparsedLine("rubbish");
  assert.equal(log.lines.length, 5);
  measurementLog.fpingMessage("also held back");
  measurementLog.fpingNoReplies("5.5");
  assert.deepEqual(log.messages("error").length, 1);
  assert.equal(log.lines.length, 6);
});
