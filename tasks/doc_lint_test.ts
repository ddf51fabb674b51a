import assert from "node:assert/strict";
import { run, spawnProcess } from "../src/platform/process.ts";
import { readDocProblems } from "./doc_lint.ts";

Deno.test("readDocProblems() reads what deno doc --lint really says", async () => {
  const directory = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(
      `${directory}/bad.ts`,
      "/** Said. @module */\n\n/** Said. */\nexport interface Half {\n  readonly one: string;\n\n  readonly other: string;\n}\n",
    );
    const args = ["doc", "--lint", "--quiet", `${directory}/bad.ts`];
    const { code, stdout, stderr } = await run(spawnProcess, { command: Deno.execPath(), args });
    assert.notEqual(code, 0);
    const message = "exported symbol is missing JSDoc documentation";
    assert.deepEqual(readDocProblems(stdout + stderr, directory), [
      { message, file: "bad.ts", line: 5 },
      { message, file: "bad.ts", line: 7 },
    ]);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
