/** Part "release": what a large cluster's list takes of the objects that Helm stores. @module */

import { missingForApiServer, startApiServer } from "../../tests/kubernetes/api_server.ts";
import { helms } from "../../tests/chart/helm.ts";
import { addressOfNode, nameOfNode, zoneOfNode } from "../../tests/kubernetes/node_objects.ts";
import { startKubelets } from "../../tests/kubernetes/node_traffic.ts";
import { makeFixture } from "../../tests/sync/fixture.ts";
import type { SyncFixture } from "../../tests/sync/fixture.ts";
import type { BenchDeps } from "./deps.ts";
import { table, whole } from "./report.ts";

const chart = new URL("../../chart", import.meta.url).pathname;
const sizes = [1000, 5000, 10_000] as const;
/** What the API server takes as data of one ConfigMap or Secret. */
const limitBytes = 1024 * 1024;

/** Prints sizes and seconds with nodes from the values, as sync writes them, and looked up. */
export async function measureRelease({ out, directory }: BenchDeps): Promise<void> {
  const missing = missingForApiServer();
  if (missing !== undefined) return out(`\nThe release: left out. ${missing}\n`);
  const server = await startApiServer();
  const rows: string[][] = [];
  try {
    using kubelets = await startKubelets(server);
    const fixtures = await Promise.all(
      helms.map(({ name, command }) => makeFixture(server, command, `release-${name}`)),
    );
    let registered = 0;
    for (const size of sizes) {
      await kubelets.register(registered, size);
      registered = size;
      const values = `${directory}/nodes-${size}.json`;
      await Deno.writeTextFile(values, valuesOf(size));
      for (const fixture of fixtures) {
        rows.push(await measure(fixture, size, "nodePing.nodes", ["--values", values]));
        rows.push(await measure(fixture, size, "looked up", []));
      }
    }
    fixtures.forEach(({ api }) => api[Symbol.dispose]());
  } finally {
    await server.stop();
  }
  out(
    `\nObjects of a release, of at most ${whole(limitBytes)} bytes each\n${table(head, rows)}`,
  );
}

const head = ["nodes", "from", "Helm", "install s", "nodes.json", "release secret", "of its limit"];

async function measure(
  fixture: SyncFixture,
  size: number,
  from: string,
  args: readonly string[],
): Promise<string[]> {
  const startMs = performance.now();
  await fixture.helm("install", "np", chart, ...args);
  const seconds = (performance.now() - startMs) / 1000;
  const configMap = await dataOf(fixture, "configmaps/node-ping-config");
  const secret = await dataOf(fixture, "secrets/sh.helm.release.v1.np.v1");
  await fixture.helm("uninstall", "np");
  const secretBytes = atob(secret["release"] ?? "").length;
  return [
    whole(size),
    from,
    String(fixture.major),
    seconds.toFixed(1),
    whole((configMap["nodes.json"] ?? "").length),
    whole(secretBytes),
    `${Math.round(100 * secretBytes / limitBytes)} %`,
  ];
}

async function dataOf(
  { api, namespace }: SyncFixture,
  object: string,
): Promise<Record<string, string>> {
  const path = `/api/v1/namespaces/${namespace}/${object}`;
  const { data } = await api.json(path, { signal: AbortSignal.timeout(20_000) }) as {
    data: Record<string, string>;
  };
  return data;
}

function valuesOf(size: number): string {
  const nodes = Array.from({ length: size }, (_, index) => ({
    name: nameOfNode(index),
    ipAddress: addressOfNode(index),
    zone: zoneOfNode(index),
  }));
  return JSON.stringify({ nodePing: { nodes } });
}
