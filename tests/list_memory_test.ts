/** What the worst node lists cost an agent: a file of 1 MiB at most 60 MB of memory. @module */

import assert from "node:assert/strict";
import { run, spawnProcess } from "../src/platform/process.ts";
import { imageRuntime } from "../tasks/build.ts";

const mebibyte = 1024 * 1024;
const maxMegabytes = 60;

/** A text of 1 MiB: the unit, again and again, with the separator between. */
function filled(open: string, unit: string, separator: string, close: string): string {
  const count = Math.floor((mebibyte - open.length - close.length) / (unit + separator).length);
  return open + Array(count).fill(unit).join(separator) + close;
}

/** A text of about 1 MiB: items that all differ. */
function listed(open: string, item: (index: number) => string, close: string): string {
  const items: string[] = [];
  for (let bytes = open.length + close.length, index = 0; bytes < mebibyte; index++) {
    const next = item(index);
    bytes += next.length + 1;
    items.push(next);
  }
  return open + items.join() + close;
}

const address = (index: number) => `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`;
const nested = (open: string, close: string) => {
  const depth = Math.floor(mebibyte / (open + close).length);
  return `${open.repeat(depth)}0${close.repeat(depth)}`;
};
const groups = '{"cluster_targets_by_zone":{';

const lists: Readonly<Record<string, string>> = {
  "zeros": filled("[", "0", ",", "]"),
  "empty arrays": filled("[", "[]", ",", "]"),
  "empty objects": filled("[", "{}", ",", "]"),
  "nested arrays": nested("[", "]"),
  "nested objects": nested('{"a":', "}"),
  "nested lists": nested('[{"name":', "}]"),
  "one long string": filled('["', "x", "", '"]'),
  "one long string of escapes": filled('["', "\\u00e9", "", '"]'),
  "brackets in a string": filled('["', "[{", "", '"]'),
  "a long name": filled('[{"ipAddress":"10.0.0.1","name":"', "x", "", '"}]'),
  "many keys": listed("{", (index) => `"${index}":0`, "}"),
  "many fields of a node": listed("[{", (index) => `"k${index}":0`, "}]"),
  "many zones": listed(groups, (index) => `"z${index}":{}`, "}}"),
  "many zones that are none": listed(groups, (index) => `"z${index}":0`, "}}"),
  "many nodes of a zone": listed(`${groups}"z":{`, (n) => `"n${n}":"${address(n + 1)}"`, "}}}"),
  "many addresses of a node": listed(`${groups}"z":{"n":[`, (n) => `"${address(n + 1)}"`, "]}}}"),
  "many entries of a node": listed("[", (n) => `{"name":"n","ipAddress":"${address(n)}"}`, "]"),
  "many nodes of an address": listed("[", (n) => `{"name":"n${n}","ipAddress":"10.0.0.1"}`, "]"),
  "many external targets": listed('{"external_targets":[', (n) => `{"host":"h${n}.x"}`, "]}"),
  "many cordoned nodes": listed(`${groups}},"cordoned":[`, (index) => `"n${index}"`, "]}"),
};

Deno.test({
  name: "a node list of 1 MiB costs an agent at most 60 MB, whatever its shape",
  ignore: Deno.build.os !== "linux",
  fn: async (t) => {
    const script = new URL("list_memory.ts", import.meta.url).pathname;
    const file = await Deno.makeTempFile({ suffix: ".json" });
    try {
      for (const [name, text] of Object.entries(lists)) {
        await t.step(name, async () => {
          assert.ok(Math.abs(text.length - mebibyte) < 100, `${text.length} bytes`);
          await Deno.writeTextFile(file, text);
          const { code, stdout, stderr } = await run(spawnProcess, {
            command: Deno.execPath(),
            args: ["run", "--allow-all", "--no-check", imageRuntime, script, file],
          });
          assert.equal(code, 0, stderr);
          assert.ok(Number(stdout) <= maxMegabytes, `${stdout.trim()} MB`);
        });
      }
    } finally {
      await Deno.remove(file);
    }
  },
});
