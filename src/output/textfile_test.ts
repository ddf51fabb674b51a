import assert from "node:assert/strict";
import { AgentStatus } from "../metrics/agent_status.ts";
import { Textfile } from "./textfile.ts";
import type { FileWriter } from "../platform/files.ts";
import { FakeClock } from "../../tests/fakes/clock.ts";
import { FakeLog } from "../../tests/fakes/log.ts";

const path = "/textfile/node-ping_a.prom";

/** A textfile in memory, on a disk that can be made to fail and takes 50 ms a write. */
function makeTextfile(): {
  textfile: Textfile;
  clock: FakeClock;
  log: FakeLog;
  status: AgentStatus;
  disk: { text: string | undefined; writes: number; failure: Error | undefined };
} {
  const [clock, log, status] = [new FakeClock(), new FakeLog(), new AgentStatus()];
  const disk = {
    text: undefined as string | undefined,
    writes: 0,
    failure: undefined as Error | undefined,
  };
  const files: FileWriter = {
    replace: async (at, parts) => {
      assert.equal(at, path);
      let text = "";
      for await (const part of parts) text += new TextDecoder().decode(part);
      await clock.sleep(50, new AbortController().signal);
      if (disk.failure) throw disk.failure;
      disk.writes++;
      disk.text = text;
    },
    remove: () => {
      if (disk.failure) return Promise.reject(disk.failure);
      disk.text = undefined;
      return Promise.resolve();
    },
  };
  let rendered = 0;
  async function* render(): AsyncGenerator<Uint8Array> {
    yield new TextEncoder().encode("write ");
    yield await Promise.resolve(new TextEncoder().encode(String(++rendered)));
  }
  const textfile = new Textfile({ path, everyMs: 10_000, render, files, clock, status, log });
  return { textfile, clock, log, status, disk };
}

Deno.test("Textfile.keepWriting() writes at once and then at its interval, whatever a write takes", async () => {
  const { textfile, clock, status, disk } = makeTextfile();
  const controller = new AbortController();
  const ended = textfile.keepWriting(controller.signal);
  await clock.advance(50);
  assert.equal(disk.text, "write 1");
  assert.equal(status.textfileWriteSeconds, 0.05);
  await clock.advance(9999);
  assert.equal(disk.writes, 1);
  await clock.advance(50_001);
  assert.equal(disk.writes, 7, "at 0, 10 ... 60 s");
  controller.abort();
  await ended;
});

Deno.test("Textfile.write() waits for the write under way", async () => {
  const { textfile, clock, disk } = makeTextfile();
  const writes = Promise.all([textfile.write(), textfile.write()]);
  await clock.advance(60);
  assert.equal(disk.writes, 1);
  await clock.advance(50);
  await writes;
  assert.equal(disk.text, "write 2");
});

Deno.test("Textfile counts each failed write, logs the first and then one a minute, and the end", async () => {
  const { textfile, clock, log, status, disk } = makeTextfile();
  const controller = new AbortController();
  disk.failure = new Deno.errors.PermissionDenied("read-only");
  const ended = textfile.keepWriting(controller.signal);
  await clock.advance(55_000);
  assert.equal(status.textfileWriteErrors, 6);
  assert.deepEqual(log.lines, [{
    level: "error",
    message: "Cannot write the textfile: its directory must exist and be writable",
    fields: { path, cause: "PermissionDenied: read-only" },
  }]);
  await clock.advance(10_000);
  assert.equal(log.messages("error").length, 2);
  disk.failure = undefined;
  await clock.advance(20_000);
  assert.deepEqual(log.messages("info"), ["The textfile can be written again"]);
  assert.equal(status.textfileWriteErrors, 7);
  disk.failure = new Deno.errors.NotFound("gone");
  await clock.advance(10_000);
  assert.equal(log.messages("error").length, 3, "a new failure is logged at once");
  assert.match(log.messages("error")[2] ?? "", /was replaced on the node.*: delete the pod/);
  controller.abort();
  await ended;
});

Deno.test("Textfile.remove() removes the file after the write under way", async () => {
  const { textfile, clock, disk } = makeTextfile();
  const done = Promise.all([textfile.write(), textfile.remove()]);
  await clock.advance(60);
  await done;
  assert.deepEqual([disk.writes, disk.text], [1, undefined]);
});

Deno.test("Textfile.remove() logs a file that stays behind, and does not reject", async () => {
  const { textfile, log, disk } = makeTextfile();
  disk.failure = new Error("Read-only file system");
  await textfile.remove();
  assert.deepEqual(log.lines, [{
    level: "error",
    message: "Cannot remove the textfile: where there is one, node-exporter goes on exporting it",
    fields: { path, cause: "Error: Read-only file system" },
  }]);
});
