import assert from "node:assert/strict";
import { run, spawnProcess } from "../src/platform/process.ts";
import { version } from "../src/version.ts";
import { helms } from "./chart/helm.ts";
import { git } from "./git.ts";
import { needing } from "./needing.ts";

const root = new URL("../", import.meta.url).pathname.replace(/\/$/, "");

async function whyNot(): Promise<string | undefined> {
  if (helms.length === 0) return "no helm on PATH";
  const isBuilt = await Deno.stat(`${root}/dist/nodeping`).then(() => true, () => false);
  if (!isBuilt) return "nothing was built here: run deno task build first";
  const head = await git(root, "rev-parse", "HEAD");
  return head === undefined ? "no Git repository, or no git" : undefined;
}

async function succeed(command: string, ...args: readonly string[]): Promise<void> {
  const env = { HELM: helms[0]!.command };
  const { code, stdout, stderr } = await run(spawnProcess, { command, args, env });
  assert.equal(code, 0, stdout + stderr);
}

/** Releases the commit from a clone of its own; returns the checksums. */
async function releaseFromClone(clone: string): Promise<string> {
  await succeed("git", "clone", "--quiet", root, clone);
  const task = ["task", "--quiet", "--cwd", clone, "release", "--repository", "some/nodeping"];
  await succeed(Deno.execPath(), ...task);
  const release = `${clone}/dist/release`;
  await succeed("sh", "-ec", 'cd "$1" && sha256sum --check --quiet SHA256SUMS', "sh", release);
  return await Deno.readTextFile(`${release}/SHA256SUMS`);
}

Deno.test({
  ...needing("two clones of one commit make the same release, byte for byte", await whyNot()),
  fn: async () => {
    const directory = await Deno.makeTempDir();
    try {
      const first = await releaseFromClone(`${directory}/one`);
      const second = await releaseFromClone(`${directory}/another/place`);
      assert.equal(second, first);
      const names = first.trim().split("\n").map((line) => line.split("  ")[1]);
      for (const suffix of [".tgz", "-dashboard.json", "-rules.yaml", "-sbom.cdx.json"]) {
        assert.ok(names.includes(`nodeping-${version}${suffix}`), suffix);
      }
      assert.ok(names.some((one) => one?.startsWith(`nodeping-program-${version}-linux-`)));
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  },
});
