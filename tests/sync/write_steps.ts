/** Steps of one_shot_test.ts: what is written, and when nothing is. @module */

import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { createNode, installOneNode, patch, remove, setAddresses, testChart } from "./fixture.ts";
import type { SyncFixture } from "./fixture.ts";

/** Node lists in the rendered ConfigMap. */
export async function inForce(fixture: SyncFixture, name = "node-ping-config"): Promise<unknown> {
  const path = `/api/v1/namespaces/${fixture.namespace}/configmaps/${name}`;
  const object = await fixture.api.json(path, { signal: AbortSignal.timeout(10_000) }) as {
    data: { "nodes.json": string };
  };
  return JSON.parse(object.data["nodes.json"]);
}

const threeNodes = [
  { ipAddress: "10.0.0.1", name: "node-1" },
  { ipAddress: "10.0.0.2", name: "node-2" },
  { ipAddress: "10.0.0.3", name: "node-3" },
];

const nodesOf = (...addresses: readonly string[]) =>
  addresses.map((address) => ({ type: "InternalIP", address }));

/** Steps by name. */
export const writeSteps: Readonly<Record<string, (fixture: SyncFixture) => Promise<void>>> = {
  "the list that lookup put in force makes no revision": async (fixture) => {
    await fixture.helm("install", "np", testChart);
    const { code, out, err } = await fixture.sync([]);
    assert.deepEqual([code, err], [0, ""]);
    assert.equal(out, 'Release "np" is in step: 3 nodes, nothing to change\n');
    assert.equal((await fixture.history("np")).length, 1);
  },

  "addresses that change their order make no revision": async (fixture) => {
    await installOneNode(fixture);
    const orders = [["10.0.0.1", "10.0.0.21"], ["10.0.0.21", "10.0.0.1"]];
    try {
      for (const order of [...orders, ...orders]) {
        await setAddresses(fixture.api, "node-1", nodesOf(...order));
        assert.equal((await fixture.sync(["np"])).code, 0);
      }
      assert.deepEqual(await inForce(fixture), {
        cluster_targets: threeNodes,
        external_targets: [],
      });
      assert.equal((await fixture.history("np")).length, 2);
      // Once the node no longer reports it, the other one is taken.
      await setAddresses(fixture.api, "node-1", nodesOf("10.0.0.21"));
      assert.match((await fixture.sync(["np"])).out, /at revision 3: \+0 -0 ~1/);
    } finally {
      await setAddresses(fixture.api, "node-1", nodesOf("10.0.0.1"));
    }
  },

  "--history-max says how many revisions Helm keeps": async (fixture) => {
    await fixture.helm("install", "np", testChart);
    try {
      for (const address of ["10.0.1.1", "10.0.1.2", "10.0.1.3"]) {
        await setAddresses(fixture.api, "node-1", nodesOf(address));
        assert.equal((await fixture.sync(["np", "--history-max", "2"])).code, 0);
      }
      assert.equal((await fixture.history("np")).length, 2);
    } finally {
      await setAddresses(fixture.api, "node-1", nodesOf("10.0.0.1"));
    }
  },

  "added, removed and changed nodes make one revision, then none": async (fixture) => {
    await fixture.helm("install", "np", testChart, "--set", "nodePing.externalTargets[0].host=a.b");
    await createNode(fixture.api, "node-9", "10.0.0.9", { "topology.kubernetes.io/zone": "z" });
    await setAddresses(fixture.api, "node-2", [{ type: "InternalIP", address: "10.0.1.2" }]);
    await remove(fixture.api, "/api/v1/nodes/node-3");
    await patch(fixture.api, "/api/v1/nodes/node-1", { spec: { unschedulable: true } });
    try {
      const { code, out } = await fixture.sync(["np"]);
      assert.equal(code, 0);
      assert.equal(
        out,
        'Release "np" is at revision 2: +1 -1 ~2, 3 nodes now\n' +
          "  + node-9  10.0.0.9, zone z\n" +
          "  - node-3  10.0.0.3\n" +
          "  ~ node-1  10.0.0.1 -> 10.0.0.1, cordoned\n" +
          "  ~ node-2  10.0.0.2 -> 10.0.1.2\n",
      );
      assert.deepEqual(await inForce(fixture), {
        cluster_targets: [
          { cordoned: true, ipAddress: "10.0.0.1", name: "node-1" },
          { ipAddress: "10.0.1.2", name: "node-2" },
          { ipAddress: "10.0.0.9", name: "node-9", zone: "z" },
        ],
        external_targets: [{ host: "a.b" }],
      });
      assert.match((await fixture.sync(["np"])).out, /in step/);
      assert.deepEqual(await fixture.history("np"), [
        "superseded: Install complete",
        "deployed: nodeping sync: +1 -1 ~2",
      ]);
    } finally {
      await remove(fixture.api, "/api/v1/nodes/node-9");
      await patch(fixture.api, "/api/v1/nodes/node-1", { spec: { unschedulable: null } });
      await setAddresses(fixture.api, "node-2", [{ type: "InternalIP", address: "10.0.0.2" }]);
      await createNode(fixture.api, "node-3", "10.0.0.3");
    }
  },

  "all other values stay as they are, nulls and all": async (fixture) => {
    await fixture.helm(
      ...[
        "install",
        "np",
        testChart,
        "--set-json",
        'nodePing.nodes=[{"name":"y","ipAddress":"1.2.3.4"}]',
      ],
      ...["--set", "extra.dropped.one=null,extra.large=1234567890,labels.on=off"],
      ...["--set-string", "extra.text=0123", "--set-json", 'extra.list=[null,{"a":[]},"1e3"]'],
    );
    const before = JSON.parse(await fixture.helm("get", "values", "np", "-o", "json"));
    const rendered = await fixture.helm("get", "manifest", "np");
    const { code, err } = await fixture.sync([]);
    assert.equal(code, 0, err);
    const after = JSON.parse(await fixture.helm("get", "values", "np", "-o", "json"));
    assert.deepEqual(after, { ...before, nodePing: { nodes: threeNodes } });
    const others = (manifest: string) =>
      manifest.split("\n").filter((line) => !/nodes\.json/.test(line));
    assert.deepEqual(others(await fixture.helm("get", "manifest", "np")), others(rendered));
    const stored = await fixture.helm(
      "get",
      "all",
      "np",
      "--template",
      "{{.Release.Chart.Values}}",
    );
    assert.match(stored, /dropped:map\[one:1 two:2\]/);
  },

  "a dry run shows what is pending and writes nothing": async (fixture) => {
    await installOneNode(fixture);
    const dry = await fixture.sync(["--dry-run", "--exit-code", "--output", "json"]);
    assert.equal(dry.code, 3);
    const report = JSON.parse(dry.out);
    assert.deepEqual([report.action, report.revision, report.nodes], ["pending", 1, 3]);
    assert.deepEqual(report.added.map(({ name }: { name: string }) => name), ["node-2", "node-3"]);
    assert.equal((await fixture.sync(["--dry-run"])).code, 0);
    assert.equal((await fixture.history("np")).length, 1);
  },

  "settings come from the release's values, and flags win for one run": async (fixture) => {
    await fixture.helm("install", "np", testChart, "--set", "nodePing.selector.role=edge");
    await createNode(fixture.api, "edge-1", "10.0.2.1", { role: "edge" });
    await setAddresses(fixture.api, "edge-1", [
      { type: "InternalIP", address: "10.0.2.1" },
      { type: "ExternalIP", address: "192.0.2.1" },
      { type: "ExternalIP", address: "2001:DB8:0::1" },
    ]);
    const pending = async (...args: readonly string[]): Promise<unknown> => {
      const all = ["--dry-run", "--max-shrink", "100", "--output", "json", ...args];
      const { added, removed } = JSON.parse((await fixture.sync(all)).out);
      const address = ({ ipAddress }: { ipAddress: string }) => ipAddress;
      return { added: added.map(address), removed: removed.length };
    };
    try {
      assert.deepEqual(await pending(), { added: ["10.0.2.1"], removed: 3 });
      assert.deepEqual(await pending("--ip-family", "dual", "--address-type", "externalip"), {
        added: ["192.0.2.1", "2001:db8::1"],
        removed: 3,
      });
      assert.deepEqual(await pending("--selector", "role!=edge"), { added: [], removed: 0 });
    } finally {
      await remove(fixture.api, "/api/v1/nodes/edge-1");
    }
  },

  "an operation under way is waited for": async (fixture) => {
    await installOneNode(fixture);
    const slow = fixture.tryHelm(
      ...["upgrade", "np", testChart, "--reuse-values", "--set", "workload=true", "--wait"],
      ...["--timeout", "4s"],
    );
    await delay(1500);
    const { code, err } = await fixture.sync(["--timeout", "30s"]);
    await slow;
    assert.equal(code, 0, err);
    assert.match(err, /Revision 2 of "np" is pending-upgrade: waiting 30 s at most/);
    // The upgrade that was waited for failed: its workload never got ready.
    assert.match(err, /Revision 2 of "np" is failed: going on from revision 1/);
    assert.equal((await fixture.history("np")).at(-1), "deployed: nodeping sync: +2 -0 ~0");
  },

  "two syncs at once make one revision": async (fixture) => {
    await installOneNode(fixture);
    const both = await Promise.all([fixture.sync([]), fixture.sync([])]);
    assert.deepEqual(both.map(({ code }) => code), [0, 0], both.map(({ err }) => err).join("\n"));
    const deployed = (await fixture.history("np")).filter((line) => line.startsWith("deployed"));
    assert.deepEqual(deployed, ["deployed: nodeping sync: +2 -0 ~0"]);
    assert.ok((await fixture.history("np")).length <= 3);
  },
};
