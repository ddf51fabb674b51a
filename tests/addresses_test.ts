/** Nothing in the tree points at an address of nodeping that does not exist: docs/release.md. */

import assert from "node:assert/strict";
import { run, spawnProcess } from "../src/shell/spawn.ts";

const root = new URL("../", import.meta.url);

/** nodeping at a forge or a registry: nobody has published it, so that no owner is named. */
const ownAddress = /(?:github\.com|ghcr\.io|quay\.io|docker\.io)\/[^\s"'`)>\]]*nodeping/gi;

async function trackedFiles(): Promise<readonly string[]> {
  const { code, stdout } = await run(spawnProcess, {
    command: "git",
    args: ["-C", root.pathname, "ls-files"],
  });
  return code === 0 ? stdout.trim().split("\n") : [];
}

const files = (await trackedFiles()).filter((file) =>
  !/^(tests\/|LICENSE$|THIRD_PARTY_LICENSES$|deno\.lock$|tasks\/licences\/.*\.txt$)|_test\.ts$|\.png$/
    .test(file)
);

Deno.test({
  name: "no address of nodeping names an owner" +
    (files.length === 0 ? " (skipped: no Git repository)" : ""),
  ignore: files.length === 0,
  fn: async () => {
    const strangers: string[] = [];
    for (const file of files) {
      const text = await Deno.readTextFile(new URL(file, root));
      for (const [address] of text.matchAll(ownAddress)) {
        if (!/\/OWNER\//.test(address)) strangers.push(`${file}: ${address}`);
      }
    }
    assert.deepEqual(strangers, []);
  },
});
