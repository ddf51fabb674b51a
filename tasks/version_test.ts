import assert from "node:assert/strict";
import { setVersion, versionProblems } from "./version.ts";

const root = new URL("../", import.meta.url);
const files = [
  "deno.json",
  "chart/Chart.yaml",
  "helm-plugin/plugin.yaml",
  "plugin.yaml",
  "Dockerfile",
];

/** The real files, in a place of their own. */
async function withCopies(use: (copies: URL) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir();
  const copies = new URL(`file://${directory}/`);
  try {
    for (const file of files) {
      await Deno.mkdir(new URL(".", new URL(file, copies)), { recursive: true });
      await Deno.copyFile(new URL(file, root), new URL(file, copies));
    }
    await use(copies);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

Deno.test("versionProblems() finds none in this tree", async () => {
  assert.deepEqual(await versionProblems(root), []);
});

Deno.test("setVersion() changes the version alone, in every file", async () => {
  await withCopies(async (copies) => {
    await setVersion(copies, "9.8.7-rc.1");
    assert.deepEqual(await versionProblems(copies), []);
    for (const file of files) {
      const before = (await Deno.readTextFile(new URL(file, root))).split("\n");
      const after = (await Deno.readTextFile(new URL(file, copies))).split("\n");
      const changed = after.filter((line, index) => line !== before[index]);
      assert.equal(changed.length, file === "chart/Chart.yaml" ? 2 : 1, file);
      for (const line of changed) assert.match(line, /9\.8\.7-rc\.1/);
    }
  });
});

Deno.test("versionProblems() names each file that differs", async () => {
  await withCopies(async (copies) => {
    const chart = new URL("chart/Chart.yaml", copies);
    const text = await Deno.readTextFile(chart);
    await Deno.writeTextFile(chart, text.replace(/^appVersion:.*$/m, 'appVersion: "0.0.1"'));
    const [problem, ...others] = await versionProblems(copies);
    assert.match(problem ?? "", /^chart\/Chart\.yaml says version "0\.0\.1", deno\.json "/);
    assert.deepEqual(others, []);
  });
});

Deno.test("setVersion() refuses what Helm would refuse", async () => {
  for (const wrong of ["v1.2.3", "1.2", "", "1.2.3 "]) {
    await assert.rejects(setVersion(root, wrong), /Cannot set version/);
  }
});
