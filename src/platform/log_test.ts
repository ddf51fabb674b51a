import assert from "node:assert/strict";
import { LogLimit, makeLog } from "./log.ts";
import type { LogFormat, LogLevel } from "./log.ts";

Deno.test("LogLimit lets a few through in each window and counts what it held back", () => {
  const limit = new LogLimit(2, 1000);
  assert.deepEqual([0, 1, 2, 3].map((ms) => limit.pass(ms)), [0, 0, undefined, undefined]);
  assert.deepEqual([1000, 1001, 1002].map((ms) => limit.pass(ms)), [2, 0, undefined]);
});

function logged(
  level: LogLevel,
  format: LogFormat,
): { lines: string[]; log: ReturnType<typeof makeLog> } {
  const lines: string[] = [];
  return {
    lines,
    log: makeLog({ level, format, write: (line) => lines.push(line), wallMs: () => 0 }),
  };
}

Deno.test("makeLog() writes logfmt, quoting what needs it", () => {
  const { lines, log } = logged("info", "logfmt");
  log.warn("Cannot write", {
    path: "/x/y.prom",
    cause: 'a "b"\nlevel=error',
    count: 2,
    none: undefined,
  });
  assert.deepEqual(lines, [
    'time=1970-01-01T00:00:00.000Z level=warn msg="Cannot write" path=/x/y.prom ' +
    'cause="a \\"b\\"\\nlevel=error" count=2\n',
  ]);
});

Deno.test("makeLog() writes JSON lines", () => {
  const { lines, log } = logged("info", "json");
  log.info("Started", { targets: 3 });
  assert.deepEqual(lines.map((line) => JSON.parse(line)), [
    { time: "1970-01-01T00:00:00.000Z", level: "info", msg: "Started", targets: 3 },
  ]);
});

Deno.test("makeLog() drops lines below its level", () => {
  const { lines, log } = logged("warn", "logfmt");
  log.debug("a");
  log.info("b");
  log.warn("c");
  log.error("d");
  assert.equal(lines.length, 2);
});

Deno.test("makeLog() writes no control character of a value, in either format", () => {
  for (const format of ["logfmt", "json"] as const) {
    const { lines, log } = logged("info", format);
    log.error("\x9b2J", { cause: "\x1b[2J\x9b2J\x7f\nlevel=info" });
    assert.equal(lines.length, 1);
    assert.doesNotMatch(lines[0]?.trimEnd() ?? "", /\p{Cc}/u);
  }
});
