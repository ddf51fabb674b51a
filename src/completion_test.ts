import assert from "node:assert/strict";
import { candidates } from "./completion.ts";

const commands = [{
  name: "sync",
  flags: [
    { name: "watch", help: "" },
    { name: "output", value: "text|json|values", help: "" },
    { name: "values-file", value: "FILE", help: "" },
  ],
  takesRelease: true,
}];

Deno.test("candidates() offers commands, flags, values, files and releases", () => {
  const words = (...words: string[]) => ({ kind: "words", words });
  assert.deepEqual(candidates(commands, ["s"]), words("sync"));
  assert.deepEqual(
    candidates(commands, ["sync", "--w"]),
    words("--watch", "--output", "--values-file"),
  );
  assert.deepEqual(candidates(commands, ["sync", "--output", ""]), words("text", "json", "values"));
  assert.deepEqual(
    candidates(commands, ["sync", "--output=j"]),
    words("--output=text", "--output=json", "--output=values"),
  );
  assert.deepEqual(candidates(commands, ["sync", "--values-file", "n"]), { kind: "files" });
  assert.deepEqual(candidates(commands, ["sync", "--watch", ""]), { kind: "releases" });
});
