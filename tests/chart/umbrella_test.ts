import assert from "node:assert/strict";
import type { Finished } from "../../src/platform/process.ts";
import { chart, parseManifests, runHelm, testWithHelms } from "./helm.ts";
import type { Helm } from "./helm.ts";

/** Renders a parent chart that switches nodeping by the usual condition. */
async function renderParent(helm: Helm, ...set: readonly string[]): Promise<Finished> {
  const parent = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${parent}/charts`);
    await Deno.symlink(chart, `${parent}/charts/nodeping`);
    const { version } = JSON.parse(
      await Deno.readTextFile(new URL("../../deno.json", import.meta.url)),
    ) as { version: string };
    const dependencies = [{ name: "nodeping", version, condition: "nodeping.enabled" }];
    const about = { apiVersion: "v2", name: "parent", version: "0.1.0", dependencies };
    await Deno.writeTextFile(`${parent}/Chart.yaml`, JSON.stringify(about));
    return await runHelm(helm, [
      "template",
      "parent",
      parent,
      ...set.flatMap((one) => ["--set", one]),
    ]);
  } finally {
    await Deno.remove(parent, { recursive: true });
  }
}

testWithHelms("a parent chart's condition switches the chart on and off", async (helm) => {
  const on = await renderParent(helm, "nodeping.enabled=true");
  assert.equal(on.code, 0, on.stderr);
  assert.ok(parseManifests(on.stdout).some(({ kind }) => kind === "DaemonSet"));
  const off = await renderParent(helm, "nodeping.enabled=false");
  assert.equal(off.code, 0, off.stderr);
  assert.deepEqual(parseManifests(off.stdout), []);
});

testWithHelms("without a parent chart nothing pretends to switch it off", async (helm) => {
  const { code, stderr } = await runHelm(helm, ["template", chart, "--set", "enabled=false"]);
  assert.notEqual(code, 0);
  assert.match(stderr, /at '\/enabled': value must be true/);
});
