/** Nothing in the tree points at an address of nodeping that does not exist: docs/release.md. */

import assert from "node:assert/strict";
import { git } from "./git.ts";
import { needing } from "./needing.ts";

const root = new URL("../", import.meta.url);

/** nodeping at a forge or a registry: nobody has published it, so that no owner is named. */
const ownAddress = /(?:github\.com|ghcr\.io|quay\.io|docker\.io)\/[^\s"'`)>\]]*nodeping/gi;

const tracked = await git(root.pathname, "ls-files");
const files = (tracked ?? "").trim().split("\n").filter((file) =>
  !/^(tests\/|LICENSE$|THIRD_PARTY_LICENSES$|deno\.lock$|tasks\/licences\/.*\.txt$)|_test\.ts$|\.png$/
    .test(file)
);

Deno.test({
  ...needing(
    "no address of nodeping names an owner",
    tracked === undefined ? "no Git repository, or no git" : undefined,
  ),
  fn: async () => {
    const foreign: string[] = [];
    for (const file of files) {
      const text = await Deno.readTextFile(new URL(file, root));
      for (const [address] of text.matchAll(ownAddress)) {
        if (!/\/OWNER\//.test(address)) foreign.push(`${file}: ${address}`);
      }
    }
    assert.deepEqual(foreign, []);
  },
});
