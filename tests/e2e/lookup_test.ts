import assert from "node:assert/strict";
import { helms, only, parseManifests } from "../chart/helm.ts";
import type { V1ConfigMap } from "@kubernetes/client-node";
import type { Helm } from "../chart/helm.ts";
import { nodeChoices, sampleNodes, sampleObject, sampleSelector } from "../chart/node_choices.ts";
import type { SampleNode } from "../chart/node_choices.ts";
import { clusterTest, kubectl, tryKubectl, withNamespace } from "./cluster.ts";
import { baseValues, helmDo, releaseName, tryDeploy } from "./release.ts";

/** A DaemonSet with this selector has no pods. */
const nowhere = { nodeSelector: { "nodeping-e2e/nowhere": "true" } };

async function withNodes(test: () => Promise<void>): Promise<void> {
  await removeNodes();
  try {
    for (const node of sampleNodes) await createNode(node);
    await test();
  } finally {
    await removeNodes();
  }
}

async function createNode(node: SampleNode): Promise<void> {
  const created = await tryKubectl(["create", "-f", "-"], JSON.stringify(sampleObject(node)));
  assert.equal(created.code, 0, created.stderr);
  if (node.isDeleting) await kubectl("delete", "node", "--wait=false", node.name);
}

async function removeNodes(): Promise<void> {
  const names = sampleNodes.map(({ name }) => name);
  await kubectl("delete", "node", "--ignore-not-found", "--wait=false", ...names);
  for (const { name, isDeleting } of sampleNodes) {
    const release = [
      "patch",
      "node",
      name,
      "--type=merge",
      "-p",
      '{"metadata":{"finalizers":null}}',
    ];
    // Not there before the first run.
    if (isDeleting) await tryKubectl(release);
  }
  await kubectl("wait", "node", "--for=delete", "--timeout=30s", ...names);
}

async function lookedUp(helm: Helm, namespace: string, settings: object): Promise<unknown> {
  const values = {
    ...baseValues(),
    ...nowhere,
    nodePing: { selector: sampleSelector, ...settings },
  };
  const result = await tryDeploy(helm, namespace, values, ["--dry-run=server"]);
  assert.equal(result.code, 0, result.stderr);
  const manifest = result.stdout.split("MANIFEST:\n")[1]?.split("\nNOTES:")[0] ?? "";
  const configMap = only<V1ConfigMap>(
    parseManifests(manifest),
    "ConfigMap",
    `${releaseName}-config`,
  );
  return JSON.parse(configMap.data?.["nodes.json"] ?? "");
}

clusterTest(
  "nodes are looked up by label, address type and family",
  {},
  (helm) =>
    withNamespace("lookup", [], (namespace) =>
      withNodes(async () => {
        for (const { settings, entries } of nodeChoices) {
          assert.deepEqual(
            await lookedUp(helm, namespace, settings),
            entries,
            JSON.stringify(settings),
          );
        }
      })),
  helms,
);

clusterTest(
  "nodes in the values win, and lookup: false asks nothing",
  {},
  (helm) =>
    withNamespace("lookup-off", [], async (namespace) => {
      const given = [{ name: "given", ipAddress: "192.0.2.9" }];
      assert.deepEqual(await lookedUp(helm, namespace, { selector: {}, nodes: given }), given);
      assert.deepEqual(await lookedUp(helm, namespace, { selector: {}, lookup: false }), []);
    }),
  helms,
);

async function notes(helm: Helm, namespace: string, values: object): Promise<string> {
  const result = await tryDeploy(helm, namespace, { ...baseValues(), ...nowhere, ...values }, [
    "--dry-run=server",
  ]);
  assert.equal(result.code, 0, result.stderr);
  return result.stdout.split("\nNOTES:\n")[1] ?? "";
}

clusterTest(
  "NOTES say where the list comes from and what comes next",
  {},
  (helm) =>
    withNamespace("notes", [], async (namespace) => {
      const sync = `helm nodeping sync ${releaseName} -n ${namespace}`;
      const found = await notes(helm, namespace, {});
      assert.match(
        found,
        /addresses, as the cluster has them now\.\nThe sync in the cluster keeps/,
      );
      assert.ok(!found.includes(sync));
      const alone = await notes(helm, namespace, { sync: { enabled: false } });
      assert.match(alone, /addresses, as the cluster has them now/);
      assert.ok(alone.includes(sync));
      assert.match(found, /--collector\.textfile\.directory=\/host\/textfile/);
      assert.doesNotMatch(found, /WARNING/);
      const off = await notes(helm, namespace, {
        nodePing: { lookup: false },
        sync: { enabled: false },
      });
      assert.match(off, /WARNING: the list of nodes is EMPTY[^]*nodePing\.lookup is false/);
      const older = await notes(helm, namespace, { nodePing: { metricsCompatibility: "flant" } });
      assert.match(older, /An older DaemonSet that exports the\nsame metrics must be gone/);
      const restricted = await notes(helm, namespace, { mode: "restricted" });
      assert.match(restricted, /podMonitor\.enabled=true/);
      assert.doesNotMatch(restricted, /node-exporter/);
    }),
  helms,
);

for (const level of ["baseline", "restricted"]) {
  clusterTest(`NOTES warn of a namespace that enforces ${level}`, {}, (helm) =>
    withNamespace(
      `notes-${level}`,
      [`pod-security.kubernetes.io/enforce=${level}`],
      async (namespace) => {
        const warning = new RegExp(`WARNING: namespace "${namespace}" enforces .* "${level}"`);
        assert.match(await notes(helm, namespace, {}), warning);
        assert.match(await notes(helm, namespace, { mode: "host-ping" }), warning);
        assert.doesNotMatch(await notes(helm, namespace, { mode: "restricted" }), /WARNING/);
      },
    ));
}

clusterTest("a second release with the same port, textfile or name is refused with its name", {}, (
  helm,
) =>
  withNamespace("first", [], (first) =>
    withNamespace("second", [], async (second) => {
      const values = { ...baseValues(), ...nowhere };
      assert.equal((await tryDeploy(helm, first, values)).code, 0);
      const same = await tryDeploy(helm, second, values);
      assert.match(
        same.stderr,
        new RegExp(`DaemonSet "${first}/${releaseName}" already uses port 20927`),
      );
      const samePrefix = await tryDeploy(helm, second, { ...values, port: 20928 });
      assert.match(
        samePrefix.stderr,
        new RegExp(
          `DaemonSet "${first}/${releaseName}" already writes ` +
            `/var/run/node-exporter-textfile/${releaseName}_<node>\\.prom`,
        ),
      );
      const sameName = await tryDeploy(helm, first, values, [], "another");
      assert.match(sameName.stderr, /cannot be imported into the current release/);

      const other = { ...values, fullnameOverride: "nodeping-e2e-2", port: 20928 };
      assert.equal((await tryDeploy(helm, second, other)).code, 0);
      const beside = await tryDeploy(helm, first, { ...other, port: 20929 }, [], "another");
      assert.match(beside.stderr, /already writes/);
      const restricted = { ...values, fullnameOverride: "nodeping-e2e-3", mode: "restricted" };
      assert.equal((await tryDeploy(helm, first, restricted, [], "another")).code, 0);
      assert.equal((await tryDeploy(helm, first, values)).code, 0, "an upgrade is no clash");
      await helmDo(helm, first, "uninstall", "another", releaseName);
      await helmDo(helm, second, "uninstall", releaseName);
    })), helms);

clusterTest("an installer who may not list nodes is told so, and installs without the lookup", {}, (
  helm,
) =>
  withNamespace("installer", [], async (namespace) => {
    const user = "nodeping-e2e-installer";
    const role = ["--clusterrole=admin", `--user=${user}`, "-n", namespace];
    await kubectl("create", "rolebinding", "installer", ...role);
    // Nor may it make the sync's ClusterRole.
    const values = { ...baseValues(), ...nowhere, sync: { enabled: false } };
    const install = (lookup: boolean) =>
      tryDeploy(helm, namespace, { ...values, nodePing: { lookup } }, [`--kube-as-user=${user}`]);
    assert.match((await install(true)).stderr, /cannot list resource "(nodes|daemonsets)"/);
    const allowed = await install(false);
    assert.equal(allowed.code, 0, allowed.stderr);
    await helmDo(helm, namespace, "uninstall", releaseName);
  }), helms);
