import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { writeText } from "./output_stream.ts";
import type { OutputStream } from "./output_stream.ts";

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

Deno.test("writeText() tells of a reader that has gone, and throws what else goes wrong", () => {
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
