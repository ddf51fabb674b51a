/** Steps of one_shot_test.ts: where Git owns the values. @module */

import assert from "node:assert/strict";
import { create, installOneNode, testChart } from "./fixture.ts";
import type { SyncFixture } from "./fixture.ts";

const header = "# Written by `helm nodeping sync`: changes by hand are overwritten.\n";
const threeNodes = `${header}nodePing:\n  nodes:\n` +
  `    - {"name":"node-1","ipAddress":"10.0.0.1"}\n` +
  `    - {"name":"node-2","ipAddress":"10.0.0.2"}\n` +
  `    - {"name":"node-3","ipAddress":"10.0.0.3"}\n`;

/** Steps by name. */
export const gitOpsSteps: Readonly<Record<string, (fixture: SyncFixture) => Promise<void>>> = {
  "--output values prints values that the chart takes": async (fixture) => {
    const { code, out } = await fixture.sync(["--output", "values"]);
    assert.deepEqual([code, out], [0, threeNodes]);
    const file = await Deno.makeTempFile();
    await Deno.writeTextFile(file, out);
    await fixture.helm("install", "np", testChart, "--values", file);
    await Deno.remove(file);
    assert.match((await fixture.sync([])).out, /in step/);
  },

  "--values-file is written when it changes, and nothing else": async (fixture) => {
    await installOneNode(fixture);
    const directory = await Deno.makeTempDir();
    const file = `${directory}/nodes.yaml`;
    try {
      assert.equal(
        (await fixture.sync(["--values-file", file, "--dry-run", "--exit-code"])).code,
        3,
      );
      assert.equal((await fixture.sync(["--values-file", file])).code, 0);
      assert.equal(await Deno.readTextFile(file), threeNodes);
      await Deno.utime(file, 1, 1);
      const again = await fixture.sync(["--values-file", file]);
      assert.match(again.out, /is in step: 3 nodes, nothing to change/);
      assert.equal((await Deno.stat(file)).mtime?.getTime(), 1000);
      assert.deepEqual([...Deno.readDirSync(directory)].map(({ name }) => name), ["nodes.yaml"]);
      assert.equal((await fixture.history("np")).length, 1);
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  },

  "--values-file refuses a file that is somebody's, and a list that shrinks": async (fixture) => {
    const directory = await Deno.makeTempDir();
    const file = `${directory}/values.yaml`;
    try {
      await Deno.writeTextFile(file, "image: {tag: x}\nnodePing: {nodes: []}\n");
      const somebody = await fixture.sync(["--values-file", file]);
      assert.equal(somebody.code, 1);
      assert.match(
        somebody.err,
        /holds more than nodePing\.nodes: give --values-file a file of its own/,
      );
      assert.equal(await Deno.readTextFile(file), "image: {tag: x}\nnodePing: {nodes: []}\n");
      const nodes = Array.from({ length: 9 }, (_, i) => `{name: n${i}, ipAddress: 10.1.1.${i}}`);
      await Deno.writeTextFile(file, `nodePing: {nodes: [${nodes.join(", ")}]}\n`);
      assert.match((await fixture.sync(["--values-file", file])).err, /shrink from 9 to 3 nodes/);
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  },

  "--values-file that cannot be read or written is named": async (fixture) => {
    const directory = await Deno.makeTempDir();
    try {
      const file = `${directory}/none/nodes.yaml`;
      assert.equal(
        (await fixture.sync(["--values-file", file])).err,
        `Error: Cannot write --values-file "${file}": its directory is not there\n`,
      );
      assert.match(
        (await fixture.sync(["--values-file", directory])).err,
        new RegExp(`^Error: Cannot read --values-file "${directory}": Is a directory`),
      );
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  },

  "a DaemonSet of another Helm release names that release": async (fixture) => {
    await createDaemonSet(fixture, { "meta.helm.sh/release-name": "platform" });
    const { code, err } = await fixture.sync(["np"]);
    assert.equal(code, 1);
    assert.match(
      err,
      /No release "np" .*; the DaemonSet "node-ping" there is of release "platform"\n$/,
    );
  },

  "a DaemonSet of Argo CD without a release explains the ways": async (fixture) => {
    await createDaemonSet(fixture, {
      "argocd.argoproj.io/tracking-id": "mesh:apps/DaemonSet:monitoring/node-ping",
    });
    const { code, err } = await fixture.sync([]);
    assert.equal(code, 1);
    assert.match(
      err,
      /DaemonSet "node-ping" there belongs to the Argo CD application "mesh".*--values-file.*sync\.enabled/,
    );
  },
};

async function createDaemonSet(
  { api, namespace }: SyncFixture,
  annotations: Readonly<Record<string, string>>,
): Promise<void> {
  await create(api, `/apis/apps/v1/namespaces/${namespace}/daemonsets`, {
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: {
      name: "node-ping",
      labels: { "app.kubernetes.io/name": "nodeping" },
      annotations,
    },
    spec: {
      selector: { matchLabels: { app: "node-ping" } },
      template: {
        metadata: { labels: { app: "node-ping" } },
        spec: { containers: [{ name: "c", image: "i" }] },
      },
    },
  });
}
