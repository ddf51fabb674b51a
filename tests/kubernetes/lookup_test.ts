/** What the chart looks up at install and upgrade, on an API server of its own. @module */

import assert from "node:assert/strict";
import { chart } from "../chart/helm.ts";
import { createNode, makeWorld, remove } from "../sync/world.ts";
import type { World } from "../sync/world.ts";
import { helmTest } from "./api_server_test_case.ts";

const role = "node-role.kubernetes.io/worker";
const signal = () => AbortSignal.timeout(20_000);

async function configMapNames({ api, namespace }: World, configMap: string): Promise<string> {
  const path = `/api/v1/namespaces/${namespace}/configmaps/${configMap}`;
  const { data } = await api.json(path, { signal: signal() }) as { data: Record<string, string> };
  const nodes = JSON.parse(data["nodes.json"] ?? "") as { name: string }[];
  return nodes.map(({ name }) => name).join(",");
}

/** Asked for an empty list, the chart looks the nodes up: sync must not take that for another chart. */
async function emptyList(world: World): Promise<void> {
  await world.helm("install", "np", chart, "--set", "nodePing.selector.pool=later");
  assert.equal(await configMapNames(world, "node-ping-config"), "");
  await createNode(world.api, "later", "10.0.0.3", { pool: "later" });
  const { code, err } = await world.sync([]);
  assert.equal(code, 0, err);
  assert.equal(await configMapNames(world, "node-ping-config"), "later");
  await world.helm("uninstall", "np");
}

/** A role's label has no value: a node without the label does not carry it. */
async function emptyLabel(world: World): Promise<void> {
  const selector = JSON.stringify({ "kubernetes.io/os": "linux", [role]: "" });
  await world.helm("install", "np", chart, "--set-json", `nodePing.selector=${selector}`);
  assert.equal(await configMapNames(world, "node-ping-config"), "worker");
  const { code, out } = await world.sync(["--dry-run", "--exit-code"]);
  assert.equal(code, 0, out);
}

/** The release's own DaemonSet goes when it gets another name. */
async function rename(world: World): Promise<void> {
  await world.helm("upgrade", "np", chart, "--reuse-values", "--set", "fullnameOverride=other");
  assert.equal(await configMapNames(world, "other-config"), "worker");
  const clash = await world.tryHelm("install", "second", chart, "--set", "fullnameOverride=third");
  assert.match(clash.stderr, /DaemonSet "[^"]+\/other" already uses port 10927/);
}

helmTest("the chart looks at the cluster", async (t, server, helms) => {
  for (const { name, command } of helms) {
    const world = await makeWorld(server, command, `lookup-${name}`);
    using api = world.api;
    await createNode(api, "worker", "10.0.0.1", { [role]: "" });
    await createNode(api, "control", "10.0.0.2");
    await t.step(`${name}: a list that was empty`, () => emptyList(world));
    await t.step(`${name}: a label without a value`, () => emptyLabel(world));
    await t.step(`${name}: another name`, () => rename(world));
    await world.helm("uninstall", "np");
    for (const node of ["worker", "control", "later"]) await remove(api, `/api/v1/nodes/${node}`);
  }
});
