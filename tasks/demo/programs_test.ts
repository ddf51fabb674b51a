import assert from "node:assert/strict";
import { spawnProcess } from "../../src/platform/process.ts";
import { version } from "../../src/version.ts";
import { chooseProgram } from "./programs.ts";

const { signal } = new AbortController();

/** A program that prints what it is told, in place of the compiled one. */
async function withProgram(script: string, use: (path: string) => Promise<void>): Promise<void> {
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(path, `#!/bin/sh\n${script}\n`);
    await Deno.chmod(path, 0o755);
    await use(path);
  } finally {
    await Deno.remove(path);
  }
}

Deno.test("chooseProgram() takes the compiled program of this version", () =>
  withProgram(`echo nodeping ${version}`, async (path) => {
    const { line } = await chooseProgram(spawnProcess, signal, path);
    assert.deepEqual(line, [path]);
  }));

Deno.test("chooseProgram() takes the source where the compiled program is another version", () =>
  withProgram("echo nodeping 0.0.0", async (path) => {
    const { line, description } = await chooseProgram(spawnProcess, signal, path);
    assert.equal(line[0], Deno.execPath());
    assert.match(description, /from source .* is "nodeping 0\.0\.0" and not version/);
  }));

Deno.test("chooseProgram() takes the source where the compiled program does not start", () =>
  withProgram("exit 3", async (path) => {
    const { description } = await chooseProgram(spawnProcess, signal, path);
    assert.match(description, /does not start, it ends with 3/);
  }));

Deno.test("chooseProgram() takes the source where there is no compiled program", async () => {
  const { description } = await chooseProgram(spawnProcess, signal, "/nonexistent/nodeping");
  assert.match(description, /because there is no \/nonexistent\/nodeping/);
});
