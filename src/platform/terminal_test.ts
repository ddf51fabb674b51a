import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import {
  firstLines,
  jsonText,
  printable,
  printableMessage,
  safeDrawing,
  safeText,
  writeText,
} from "./terminal.ts";
import type { OutputStream } from "./terminal.ts";

/** What a terminal obeys, in texts that others wrote. */
const hostile = [
  "\x1b[2J",
  "\x9b2J",
  "\x1b]0;title\x07",
  "a\rb",
  "a\x08b",
  "\u202egnp.exe",
  "a\u2028b",
];

Deno.test("safeText() leaves nothing that a terminal obeys but line feeds and tabs", () => {
  for (const text of hostile) {
    assert.doesNotMatch(safeText(text), /[\p{Cc}\p{Bidi_Control}\u2028]/u);
  }
  assert.equal(safeText("süd ☃ 🜚\n\tnorth\n"), "süd ☃ 🜚\n\tnorth\n");
  assert.equal(safeText("a\x1b[31mb"), "a?[31mb");
});

Deno.test("printable() is one line, and an error's further lines are marked", () => {
  assert.equal(printable("10.0.0.1\nRelease"), "10.0.0.1?Release");
  assert.equal(printableMessage(new Error("No\nRelease\x07")), "No\n  | Release?");
});

Deno.test("safeDrawing() lets colours and the cursor's movements through, and nothing else", () => {
  const drawn = "\x1b[2J\x1b[H\x1b[30;48;5;222m 12\x1b[0m\x1b[K\n\x1b[J";
  assert.equal(safeDrawing(drawn), drawn);
  assert.equal(safeDrawing("\x1b]0;title\x07\x1b[5n"), "?]0;title??[5n");
});

Deno.test("jsonText() is JSON without a raw control character", () => {
  for (const value of [...hostile, "\x7f \x85", "a\nb\r", { "\x9b": ["\0", "süd ☃ 🜚"] }]) {
    const text = jsonText(value);
    assert.doesNotMatch(text, /[\p{Cc}\p{Bidi_Control}\u2028]/u);
    assert.deepEqual(JSON.parse(text), value);
  }
});

const main = fileURLToPath(new URL("../../main.ts", import.meta.url));

/** Takes at most so many bytes a time, or throws. */
function slowStream(
  most: number,
  error?: Error,
): { stream: OutputStream; written: () => string } {
  const bytes: number[] = [];
  const writeSync = (offered: Uint8Array): number => {
    if (error !== undefined) throw error;
    bytes.push(...offered.subarray(0, most));
    return Math.min(most, offered.length);
  };
  return {
    stream: { writeSync },
    written: () => new TextDecoder().decode(new Uint8Array(bytes)),
  };
}

const unexpected = () => assert.fail("the stream is not closed");

Deno.test("writeText() goes on until all of it is taken", () => {
  const { stream, written } = slowStream(3);
  writeText(stream, "süd ☃ north", unexpected);
  assert.equal(written(), "süd ☃ north");
});

Deno.test("writeText() reports a reader that has gone, and throws what else goes wrong", () => {
  let closed = 0;
  writeText(slowStream(3, new Deno.errors.BrokenPipe("gone")).stream, "text", () => closed++);
  assert.equal(closed, 1);
  const full = new Error("No space left on device");
  assert.throws(() => writeText(slowStream(3, full).stream, "text", unexpected), full);
});

Deno.test("nodeping ends without a word when nobody reads its output any more", async () => {
  const args = ["run", "--allow-all", "--quiet", "--no-check", main, "agent", "--help"];
  await using child = new Deno.Command(Deno.execPath(), { args, stdout: "piped", stderr: "piped" })
    .spawn();
  await child.stdout.cancel();
  assert.equal(await new Response(child.stderr).text(), "");
  assert.equal((await child.status).code, 0);
});

Deno.test("nodeping agent goes on when its log is read no more, or its disk is full", async () => {
  for (const log of ["/dev/full", ">(exec true)"]) {
    const directory = await Deno.makeTempDir({ prefix: "np-log-" });
    const flags = `--node=a --config=/none --fping=/none --listen=off --textfile-dir=${directory}`;
    const command = `${Deno.execPath()} run -A --quiet --no-check ${main} agent ${flags}`;
    const child = new Deno.Command("bash", { args: ["-c", `exec ${command} 2> ${log}`] }).spawn();
    let hasEnded = false;
    const ended = child.status.finally(() => hasEnded = true);
    const textfile = `${directory}/node-ping_a.prom`;
    const isWritten = () => Deno.stat(textfile).then(() => true, () => false);
    for (let waits = 0; waits < 300 && !hasEnded && !await isWritten(); waits++) await delay(100);
    await delay(500);
    assert.equal(hasEnded, false, log);
    assert.equal(await isWritten(), true);
    child.kill("SIGTERM");
    assert.equal((await ended).code, 0);
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("firstLines() leaves what a terminal has room for", () => {
  const text = "1\n2\n3\n";
  for (const rows of [4, 5, Infinity]) assert.equal(firstLines(text, rows), text);
});

Deno.test("firstLines() fills a terminal that is too low, and says how much is missing", () => {
  const text = "1\n2\n3\n4\n5\n";
  assert.equal(firstLines(text, 5), "1\n2\n3\n... 2 more lines: a taller terminal shows them\n");
  assert.equal(firstLines(text, 2), "... 5 more lines: a taller terminal shows them\n");
  assert.equal(firstLines(text, 1), "... 5 more lines: a taller terminal shows them\n");
});
