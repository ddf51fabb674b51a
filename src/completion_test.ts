import assert from "node:assert/strict";
import { candidates } from "./completion.ts";
import { choiceFlag, durationFlag, pathFlag, switchFlag } from "./flag_values.ts";

const commands = [{
  name: "sync",
  flags: [
    switchFlag({ name: "watch", help: "" }),
    choiceFlag({ name: "output", help: "" }, ["text", "json", "values"]),
    pathFlag({ name: "values-file", help: "" }),
    durationFlag({ name: "timeout", help: "" }),
  ],
  takesRelease: true,
}];

Deno.test("candidates() offers commands, flags, values, files and releases", () => {
  const words = (...words: string[]) => ({ kind: "words", words });
  assert.deepEqual(candidates(commands, ["s"]), words("sync"));
  assert.deepEqual(
    candidates(commands, ["sync", "--w"]),
    words("--watch", "--output", "--values-file", "--timeout"),
  );
  assert.deepEqual(candidates(commands, ["sync", "--output", ""]), words("text", "json", "values"));
  assert.deepEqual(
    candidates(commands, ["sync", "--output=j"]),
    words("--output=text", "--output=json", "--output=values"),
  );
  assert.deepEqual(candidates(commands, ["sync", "--values-file", "n"]), { kind: "files" });
  assert.deepEqual(candidates(commands, ["sync", "--timeout", ""]), words());
  assert.deepEqual(candidates(commands, ["sync", "--watch", ""]), { kind: "releases" });
});
