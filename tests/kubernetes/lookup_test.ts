/** What the chart looks up at install and upgrade, on an API server of its own. @module */

import assert from "node:assert/strict";
import { parse } from "yaml";
import { chart } from "../chart/helm.ts";
import {
  nodeChoices,
  refusedSelectors,
  sampleNodes,
  sampleObject,
  sampleSelector,
  selectorMatches,
} from "../chart/node_choices.ts";
import type { SampleNode } from "../chart/node_choices.ts";
import { addressCases } from "../cases/addresses.ts";
import type { NodeEntry } from "../../src/nodes/node_list.ts";
import { parseNodeList } from "../../src/nodes/node_list_parser.ts";
import { create, createNode, makeFixture, patch, remove, setAddresses } from "../sync/fixture.ts";
import type { SyncFixture } from "../sync/fixture.ts";
import { helmTest } from "./api_server_test_case.ts";

const role = "node-role.kubernetes.io/worker";
const signal = () => AbortSignal.timeout(20_000);

async function configMapNames({ api, namespace }: SyncFixture, configMap: string): Promise<string> {
  const path = `/api/v1/namespaces/${namespace}/configmaps/${configMap}`;
  const { data } = await api.json(path, { signal: signal() }) as { data: Record<string, string> };
  const nodes = JSON.parse(data["nodes.json"] ?? "") as { name: string }[];
  return nodes.map(({ name }) => name).join(",");
}

/** Asked for an empty list, the chart looks the nodes up: sync must not take that for another chart. */
async function emptyList(fixture: SyncFixture): Promise<void> {
  await fixture.helm("install", "np", chart, "--set", "nodePing.selector.pool=later");
  assert.equal(await configMapNames(fixture, "node-ping-config"), "");
  await createNode(fixture.api, "later", "10.0.0.3", { pool: "later" });
  const { code, err } = await fixture.sync([]);
  assert.equal(code, 0, err);
  assert.equal(await configMapNames(fixture, "node-ping-config"), "later");
  await fixture.helm("uninstall", "np");
}

/** A role's label has no value: a node without the label does not carry it. */
async function emptyLabel(fixture: SyncFixture): Promise<void> {
  const selector = JSON.stringify({ "kubernetes.io/os": "linux", [role]: "" });
  await fixture.helm("install", "np", chart, "--set-json", `nodePing.selector=${selector}`);
  assert.equal(await configMapNames(fixture, "node-ping-config"), "worker");
  const { code, out } = await fixture.sync(["--dry-run", "--exit-code"]);
  assert.equal(code, 0, out);
}

/** A list by hand loses against the sync's: the notes say so while it can still be switched off. */
async function listByHand(fixture: SyncFixture): Promise<void> {
  const nodes = ["worker", "by-hand-1", "by-hand-2"].map((name) => ({
    name,
    ipAddress: "10.0.0.9",
  }));
  const flags = ["--dry-run=server", "--set-json", `nodePing.nodes=${JSON.stringify(nodes)}`];
  const warning =
    /WARNING: 2 of the 3 entries .* \(by-hand-1, by-hand-2\), and the list of the sync wins/;
  assert.match(await fixture.helm("install", "np", chart, ...flags), warning);
  const off = ["--set", "sync.enabled=false"];
  assert.doesNotMatch(await fixture.helm("install", "np", chart, ...flags, ...off), /WARNING/);
}

/** The release's own DaemonSet goes when it gets another name. */
async function rename(fixture: SyncFixture): Promise<void> {
  await fixture.helm("upgrade", "np", chart, "--reuse-values", "--set", "fullnameOverride=other");
  assert.equal(await configMapNames(fixture, "other-config"), "worker");
  const clash = await fixture.tryHelm(
    "install",
    "second",
    chart,
    "--set",
    "fullnameOverride=third",
  );
  assert.match(clash.stderr, /DaemonSet "[^"]+\/other" already uses port 10927/);
}

/** The list that the chart looks up with these values of nodePing. */
async function lookedUp(fixture: SyncFixture, nodePing: object): Promise<unknown> {
  const rendered = await fixture.helm(
    ...["template", "np", chart, "--dry-run=server", "--show-only", "templates/configmap.yaml"],
    ...["--set-json", `nodePing=${JSON.stringify(nodePing)}`],
  );
  const { data } = parse(rendered) as { data: Record<string, string> };
  return JSON.parse(data["nodes.json"] ?? "");
}

/** The list that the sync makes of the same settings. */
async function synced(fixture: SyncFixture, flags: readonly string[]): Promise<unknown> {
  const { code, out, err } = await fixture.sync(["--output=values", ...flags]);
  assert.equal(code, 0, err);
  return (parse(out) as { nodePing: { nodes: unknown } }).nodePing.nodes;
}

async function sameChoice(fixture: SyncFixture): Promise<void> {
  for (const { settings, entries } of nodeChoices) {
    const { addressType = "InternalIP", ipFamily = "ipv4", excludeTaints = [] } = settings;
    const selector = `kubernetes.io/os=${sampleSelector["kubernetes.io/os"]}` +
      ",type!=virtual-kubelet,eks.amazonaws.com/compute-type!=fargate";
    const flags = [
      ...[`--selector=${selector}`, `--address-type=${addressType}`, `--ip-family=${ipFamily}`],
      ...(excludeTaints.length > 0 ? [`--exclude-taints=${excludeTaints}`] : []),
    ];
    const what = JSON.stringify(settings);
    assert.deepEqual(
      await lookedUp(fixture, { selector: sampleSelector, ...settings }),
      entries,
      `chart: ${what}`,
    );
    assert.deepEqual(await synced(fixture, flags), entries, `sync: ${what}`);
  }
}

/** One node for each text, which is its only address. */
async function sameAddresses(fixture: SyncFixture): Promise<void> {
  const { api } = fixture;
  const name = (index: number) => `address-${String(index).padStart(3, "0")}`;
  const pool = { pool: "addresses" };
  for (const [index, { text: address }] of addressCases.entries()) {
    await create(api, "/api/v1/nodes", { metadata: { name: name(index), labels: pool } });
    await setAddresses(api, name(index), [{ type: "InternalIP", address }]);
  }
  try {
    const usable = addressCases.flatMap(({ usable: ipAddress }, index) =>
      ipAddress === undefined ? [] : [{ name: name(index), ipAddress }]
    );
    const settings = { selector: "pool=addresses", ipFamily: "dual" };
    const found = await lookedUp(fixture, settings);
    assert.deepEqual(listed(found), usable, "chart");
    const flags = ["--selector=pool=addresses", "--ip-family=dual"];
    assert.deepEqual(await synced(fixture, flags), usable, "sync");
    // Each family alone has its own, and a name is of both.
    for (const [ipFamily, family] of [["ipv4", 4], ["ipv6", 6]] as const) {
      const names = addressCases.flatMap((one, index) =>
        one.usable !== undefined && (one.family ?? family) === family ? [name(index)] : []
      );
      const ofFamily = listed(await lookedUp(fixture, { ...settings, ipFamily }));
      assert.deepEqual(ofFamily.map((entry) => entry.name), names, ipFamily);
    }
  } finally {
    for (const index of addressCases.keys()) await remove(api, `/api/v1/nodes/${name(index)}`);
  }
}

/** As agents read it: the chart leaves other spellings of an IPv6 address to them. */
function listed(nodes: unknown): readonly NodeEntry[] {
  const result = parseNodeList(JSON.stringify(nodes));
  assert.equal(result.kind, "valid");
  return result.kind === "valid" ? result.list.nodes : [];
}

async function sameSelection(fixture: SyncFixture): Promise<void> {
  for (const { text, labelled, bare } of selectorMatches) {
    const selector = `${text},selected=here`;
    const names = [...(bare ? ["bare"] : []), ...(labelled ? ["labelled"] : [])];
    const found = await lookedUp(fixture, { selector }) as { name: string }[];
    assert.deepEqual(found.map(({ name }) => name), names, `chart: ${selector}`);
    // No node at all is no list to the sync.
    if (names.length === 0) continue;
    const made = await synced(fixture, [`--selector=${selector}`]) as { name: string }[];
    assert.deepEqual(made.map(({ name }) => name), names, `sync: ${selector}`);
  }
  for (const selector of refusedSelectors) {
    const values = JSON.stringify({ selector });
    const rendered = await fixture.tryHelm(
      "template",
      "np",
      chart,
      "--set-json",
      `nodePing=${values}`,
    );
    assert.match(rendered.stderr, /is no requirement of a label selector/, selector);
    const { code, err } = await fixture.sync(["--output=values", `--selector=${selector}`]);
    assert.equal(code, 1, selector);
    assert.match(err, /selector/, selector);
  }
}

helmTest(
  "the chart and the sync choose the same nodes and addresses",
  async (t, server, helms) => {
    for (const { name, command } of helms) {
      const fixture = await makeFixture(server, command, `choice-${name}`);
      using api = fixture.api;
      for (const node of sampleNodes) {
        await create(api, "/api/v1/nodes", sampleObject(node));
        if (node.isDeleting) await remove(api, `/api/v1/nodes/${node.name}`);
      }
      await createNode(api, "labelled", "10.0.0.1", { pool: "a", size: "2", selected: "here" });
      await createNode(api, "bare", "10.0.0.2", { selected: "here" });
      await t.step(`${name}: addresses, and nodes on their way out`, () => sameChoice(fixture));
      await t.step(`${name}: every kind of address`, () => sameAddresses(fixture));
      await t.step(`${name}: label selectors`, () => sameSelection(fixture));
      const others: SampleNode[] = ["labelled", "bare"].map((name) => ({ name, addresses: [] }));
      for (const { name, isDeleting } of [...sampleNodes, ...others]) {
        const path = `/api/v1/nodes/${name}`;
        if (isDeleting) await patch(api, path, { metadata: { finalizers: null } });
        else await remove(api, path);
      }
    }
  },
);

helmTest("the chart looks at the cluster", async (t, server, helms) => {
  for (const { name, command } of helms) {
    const fixture = await makeFixture(server, command, `lookup-${name}`);
    using api = fixture.api;
    await createNode(api, "worker", "10.0.0.1", { [role]: "" });
    await createNode(api, "control", "10.0.0.2");
    await t.step(`${name}: a list that was empty`, () => emptyList(fixture));
    await t.step(`${name}: a label without a value`, () => emptyLabel(fixture));
    await t.step(`${name}: a list by hand`, () => listByHand(fixture));
    await t.step(`${name}: another name`, () => rename(fixture));
    await fixture.helm("uninstall", "np");
    for (const node of ["worker", "control", "later"]) await remove(api, `/api/v1/nodes/${node}`);
  }
});
