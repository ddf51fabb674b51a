/** The commands of README.md and docs/operations.md, from install to uninstall, as they stand there. @module */

import assert from "node:assert/strict";
import { run, spawnProcess } from "../../src/platform/process.ts";
import { blocks, root } from "../docs/pages.ts";
import { helmTest } from "./api_server_test_case.ts";
import { createNode, makeFixture } from "../sync/fixture.ts";
import type { SyncFixture } from "../sync/fixture.ts";

/** The documented command that begins so, in the namespace of the test. */
function documented(beginning: string, { namespace }: SyncFixture): string {
  const lines = blocks.filter(({ language }) => language === "console")
    .flatMap(({ text }) => text.split("\n"));
  const found = new Set(lines.filter((line) => line.startsWith(beginning)));
  assert.equal(found.size, 1, `${beginning}: ${[...found].join("; ")}`);
  return [...found][0]?.replaceAll("monitoring", namespace) ?? "";
}

/** Runs a line in the source tree, with this Helm as `helm`. */
async function inTree(line: string, { env }: SyncFixture, programs: string): Promise<string> {
  const { code, stdout, stderr } = await run(spawnProcess, {
    command: "sh",
    args: ["-ec", `cd "$0"; ${line}`, root],
    env: { ...env, PATH: `${programs}:${Deno.env.get("PATH")}` },
  });
  assert.equal(code, 0, `${line}: ${stderr}`);
  return stdout;
}

async function listed(fixture: SyncFixture): Promise<readonly string[]> {
  const path = `/api/v1/namespaces/${fixture.namespace}/configmaps/node-ping-config`;
  const signal = new AbortController().signal;
  const { data } = await fixture.api.json(path, { signal }) as { data: Record<string, string> };
  const nodes = JSON.parse(data["nodes.json"] ?? "") as { name: string }[];
  return nodes.map(({ name }) => name);
}

async function valuesNodes(fixture: SyncFixture): Promise<number> {
  const text = await fixture.helm("get", "values", "nodeping", "--output", "json");
  const values = JSON.parse(text) as { nodePing?: { nodes?: unknown[] } } | null;
  return values?.nodePing?.nodes?.length ?? 0;
}

/** Names of what is left of the release, by kind. */
async function leftovers({ api, namespace }: SyncFixture): Promise<readonly string[]> {
  const signal = new AbortController().signal;
  const query = { labelSelector: "app.kubernetes.io/instance=nodeping" };
  const kinds = ["api/v1/N/configmaps", "api/v1/N/serviceaccounts", "apis/apps/v1/N/daemonsets"];
  const all = await Promise.all(kinds.map(async (kind) => {
    const path = `/${kind.replace("N", `namespaces/${namespace}`)}`;
    const { items } = await api.json(path, { query, signal }) as {
      items: { metadata: { name: string; deletionTimestamp?: string } }[];
    };
    return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined)
      .map(({ metadata }) => `${kind} ${metadata.name}`);
  }));
  return all.flat();
}

helmTest("the life of a release, as documented", async (t, server, helms) => {
  for (const [index, helm] of helms.entries()) {
    await t.step(helm.name, async () => {
      const programs = await Deno.makeTempDir({ prefix: "np-helm-" });
      const fixture = await makeFixture(server, helm.command, `life-${helm.name}`);
      using _ = fixture.api;
      try {
        await Deno.symlink(helm.command, `${programs}/helm`);
        if (index === 0) await createNode(fixture.api, "node-1", "10.0.0.1");
        await inTree(documented("helm install nodeping chart/", fixture), fixture, programs);
        const atFirst = await listed(fixture);
        assert.ok(atFirst.includes("node-1"));
        await createNode(fixture.api, `late-${helm.name}`, `10.0.1.${index + 1}`);
        assert.equal((await fixture.sync([])).code, 0);
        assert.equal(await valuesNodes(fixture), atFirst.length + 1);
        await inTree(documented("helm upgrade nodeping chart/", fixture), fixture, programs);
        assert.equal(await valuesNodes(fixture), atFirst.length + 1, "the upgrade keeps the list");
        await fixture.helm("upgrade", "nodeping", `${root}chart`, "--set", "nodePing.period=1s");
        assert.equal(await valuesNodes(fixture), 0, "flags alone begin with the chart's defaults");
        assert.equal((await listed(fixture)).length, atFirst.length + 1, "the nodes are looked up");
        const pack = documented("helm package chart/", fixture).replace("dist", programs);
        assert.match(await inTree(pack, fixture, programs), /nodeping-[\d.]+\.tgz/);
        await inTree(documented("helm uninstall nodeping", fixture), fixture, programs);
        assert.deepEqual(await leftovers(fixture), []);
      } finally {
        await Deno.remove(programs, { recursive: true });
      }
    });
  }
});
