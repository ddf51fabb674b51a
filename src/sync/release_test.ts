import assert from "node:assert/strict";
import { fluxOwner, installedList, manifestDifferences, parseManifest } from "./release.ts";

function configMap(
  name: string,
  data: Readonly<Record<string, string>>,
  labels = {},
  annotations = {},
): string {
  const metadata = { name, labels, annotations };
  return `---\n# Source: x\n${JSON.stringify({ kind: "ConfigMap", metadata, data })}\n`;
}

/** As the chart renders it without the in-cluster sync. */
function liveConfigMap(name: string): string {
  return configMap(name, { "nodes.json": "[]" }, {}, { "nodeping/sync-enabled": "false" });
}

const list = { "nodes.json": '[{"name":"a","ipAddress":"10.0.0.1"}]' };

Deno.test("installedList() finds the one list, beside the live one and others", () => {
  const manifest = configMap("c", list) + liveConfigMap("c-live") +
    configMap("dashboards", { "x.json": "{}" });
  assert.deepEqual(installedList(parseManifest(manifest)), {
    configMap: "c",
    nodes: [{ name: "a", ipAddress: "10.0.0.1" }],
    text: list["nodes.json"],
    problem: undefined,
  });
});

Deno.test("installedList() takes a nodePing.configMapName that ends in -live", () => {
  const manifest = configMap("nodes-live", list) + liveConfigMap("nodes-live-live");
  assert.equal(installedList(parseManifest(manifest)).configMap, "nodes-live");
});

Deno.test("installedList() refuses none and two, and names what is wrong with one", () => {
  const none = parseManifest(configMap("c", {}));
  assert.throws(() => installedList(none), /no ConfigMap with the key "nodes.json"/);
  const two = parseManifest(configMap("c", list) + configMap("d", list));
  assert.throws(() => installedList(two), /several node lists \(c, d\)/);
  const invalid = installedList(parseManifest(configMap("c", { "nodes.json": "{" })));
  assert.deepEqual(invalid.nodes, []);
  assert.match(invalid.problem ?? "", /Cannot read the node list as JSON/);
});

Deno.test("fluxOwner() reads Flux's labels", () => {
  const labels = { "helm.toolkit.fluxcd.io/name": "np", "helm.toolkit.fluxcd.io/namespace": "ns" };
  const owned = parseManifest(configMap("a", {}) + configMap("c", list, labels));
  assert.equal(fluxOwner(owned), "ns/np");
  assert.equal(fluxOwner(parseManifest(configMap("c", list))), undefined);
});

/** What differs between two manifests of a release in the namespace "np". */
function differencesOf(left: string, right: string): readonly string[] {
  return manifestDifferences(parseManifest(left), parseManifest(right), "np");
}

Deno.test("manifestDifferences() compares what objects say, not how it is written", () => {
  const one = "---\nkind: A\nmetadata: {name: x}\nspec: {a: 1, b: [2]}\n";
  const other = "---\nspec:\n  b:\n    - 2\n  a: 1\nmetadata:\n  name: x\nkind: A\n";
  assert.deepEqual(differencesOf(one, other), []);
  assert.deepEqual(differencesOf(one, one.replace("2", "3")), ["A x"]);
  assert.deepEqual(differencesOf(one, ""), ["A x"]);
});

Deno.test("manifestDifferences() takes a list for the same however it is written", () => {
  const differences = (written: string, rendered: string) =>
    differencesOf(
      configMap("c", { "nodes.json": written }),
      configMap("c", { "nodes.json": rendered }),
    );
  const written = '[{"name":"b","ipAddress":"10.0.0.2","cordoned":false,"zone":null},' +
    '{"name":"a","ipAddress":"2001:DB8:0::1","zone":""},{"name":"b","ipAddress":"10.0.0.2"}]';
  const rendered = '[{"name":"b","ipAddress":"10.0.0.2"},{"name":"a","ipAddress":"2001:db8::1"}]';
  const grouped = '{"cluster_targets_by_zone":{"":{"a":"2001:db8::1","b":"10.0.0.2"}}}';
  assert.deepEqual(differences(written, rendered), []);
  assert.deepEqual(differences(written, grouped), []);
  assert.deepEqual(differences(written, rendered.replace("10.0.0.2", "10.0.0.3")), [
    "ConfigMap c",
  ]);
  const withExternal = (host: string) =>
    `{"cluster_targets":${rendered},"external_targets":[{"host":"${host}"}]}`;
  assert.deepEqual(differences(withExternal("A.example"), withExternal("a.example")), []);
  assert.deepEqual(differences(withExternal("a.example"), withExternal("b.example")), [
    "ConfigMap c",
  ]);
  assert.deepEqual(differences("{", "[]"), ["ConfigMap c"]);
});

Deno.test("manifestDifferences() tells objects of one name in two namespaces, and two APIs, apart", () => {
  const object = (namespace: string | undefined, size: number, apiVersion = "v1") =>
    JSON.stringify({ apiVersion, kind: "A", metadata: { name: "x", namespace }, size });
  const manifest = (...objects: string[]) => objects.join("\n---\n");
  const installed = manifest(object(undefined, 1), object("other", 1));
  const differences = (rendered: string) => differencesOf(installed, rendered);
  assert.deepEqual(differences(manifest(object("other", 1), object("np", 1))), ["A x"]);
  assert.deepEqual(differences(manifest(object(undefined, 2), object("other", 1))), ["A x"]);
  assert.deepEqual(differences(manifest(object(undefined, 1), object("other", 2))), ["A other/x"]);
  assert.deepEqual(differences(object(undefined, 1)), ["A other/x"]);
  assert.deepEqual(differences(manifest(object(undefined, 1, "v2"), object("other", 1))), ["A x"]);
});
