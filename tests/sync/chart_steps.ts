/** Steps of one_shot_test.ts: where the chart comes from. @module */

import assert from "node:assert/strict";
import { installOneNode, oneNode, testChart } from "./fixture.ts";
import type { SyncFixture } from "./fixture.ts";

/** Steps by name. */
export const chartSteps: Readonly<Record<string, (fixture: SyncFixture) => Promise<void>>> = {
  "a release stored by another HELM_DRIVER is synced": async (fixture) => {
    const env = { HELM_DRIVER: "configmap" };
    Deno.env.set("HELM_DRIVER", "configmap");
    try {
      await installOneNode(fixture);
      assert.match((await fixture.sync([], { env })).out, /revision 2: \+2 -0 ~0/);
    } finally {
      Deno.env.delete("HELM_DRIVER");
    }
  },

  "a chart that renders otherwise each time is not written": async (fixture) => {
    await installOneNode(fixture, "--set", "random=true");
    const { code, err } = await fixture.sync([]);
    assert.equal(code, 1);
    assert.match(
      err,
      /^Error: An upgrade would change more than the nodes \(ConfigMap node-ping-config-other\)/,
    );
    assert.equal((await fixture.history("np")).length, 1);
  },

  "--chart is used, and must be what is installed": async (fixture) => {
    await installOneNode(fixture);
    const other = await Deno.makeTempDir();
    try {
      await copyTree(testChart, other);
      const values = await Deno.readTextFile(`${other}/values.yaml`);
      await Deno.writeTextFile(`${other}/values.yaml`, values.replace("0.25", "0.5"));
      const { code, err } = await fixture.sync(["--chart", other]);
      assert.equal(code, 1);
      assert.match(err, /is not the installed one; upgrade with helm first/);
    } finally {
      await Deno.remove(other, { recursive: true });
    }
    assert.equal((await fixture.sync(["--chart", testChart])).code, 0);
    assert.equal((await fixture.history("np")).length, 2);
  },

  "an umbrella chart needs --chart and --values-path": async (fixture) => {
    const umbrella = await Deno.makeTempDir();
    try {
      await copyTree(testChart, `${umbrella}/charts/nodeping`);
      await Deno.writeTextFile(
        `${umbrella}/Chart.yaml`,
        "apiVersion: v2\nname: platform\nversion: 1.0.0\n" +
          "dependencies: [{name: nodeping, version: 0.0.1}]\n",
      );
      await Deno.writeTextFile(`${umbrella}/values.yaml`, "other: 1\n");
      await fixture.helm("install", "all", umbrella, "--set-json", `nodeping.${oneNode}`);
      assert.match((await fixture.sync([])).err, /No nodeping release in namespace/);
      assert.match((await fixture.sync(["all"])).err, /umbrella chart.*--chart.*--values-path/);
      const path = ["--values-path", "nodeping.nodePing.nodes"];
      assert.equal((await fixture.sync(["all", ...path])).code, 2);
      const { code, out, err } = await fixture.sync(["all", ...path, "--chart", umbrella]);
      assert.equal(code, 0, err);
      assert.match(out, /revision 2: \+2 -0 ~0/);
      const values = JSON.parse(await fixture.helm("get", "values", "all", "-o", "json"));
      assert.equal(values.nodeping.nodePing.nodes.length, 3);
    } finally {
      await Deno.remove(umbrella, { recursive: true });
    }
  },
};

async function copyTree(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const entry of Deno.readDir(from)) {
    const [source, target] = [`${from}/${entry.name}`, `${to}/${entry.name}`];
    if (entry.isDirectory) await copyTree(source, target);
    else await Deno.copyFile(source, target);
  }
}
