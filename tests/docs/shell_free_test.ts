import assert from "node:assert/strict";
import { root } from "./pages.ts";

async function* sources(directory: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(root + directory)) {
    const path = `${directory}/${name}`;
    if (isDirectory) yield* sources(path);
    else if (name.endsWith(".ts") && !name.endsWith("_test.ts")) yield path;
  }
}

Deno.test("programs are started in one place of the shipped code, and none of them is a shell", async () => {
  const starting: string[] = [];
  for await (const path of sources("src")) {
    const text = (await Deno.readTextFile(root + path)).replaceAll(/\/\*\*.*?\*\/|\/\/.*/gs, "");
    if (/Deno\.Command|child_process/.test(text)) starting.push(path);
    assert.doesNotMatch(text, /"(\/bin\/)?(ba|da|z)?sh"|shell: true|\beval\(|new Function/, path);
  }
  assert.deepEqual(starting, ["src/platform/process.ts"]);
});
