import assert from "node:assert/strict";
import { parse, parseAllDocuments } from "yaml";
import { leavingTaints } from "../../src/sync/node_choice.ts";
import { chart, only, parseManifests, runHelm, testWithHelms } from "../chart/helm.ts";
import type { Helm, Manifest } from "../chart/helm.ts";
import { blocks, codeSpans, pages, root } from "./pages.ts";

const values = parse(Deno.readTextFileSync(`${chart}/values.yaml`)) as Record<string, unknown>;

/** Whether the chart has the value; below an empty map or list anything may stand. */
function hasValue(path: string): boolean {
  let at: unknown = values;
  for (const key of path.split(".")) {
    if (typeof at !== "object" || at === null) return false;
    if (Object.keys(at).length === 0) return true;
    if (!Object.hasOwn(at, key)) return false;
    at = Reflect.get(at, key);
  }
  return true;
}

Deno.test("every value that the documentation names is one of the chart's", () => {
  let checked = 0;
  for (const page of pages) {
    const named = codeSpans(page).flatMap((span) => {
      const [, path = "", rest = ""] = /^([a-z]\w*(?:\.\w+)+)((?::| =|=).*)?$/.exec(span) ?? [];
      const isOther = rest === "" && /\.(md|ts|json|yaml|sh|prom|lock|tar)$/.test(path);
      return path === "" || isOther ? [] : [path];
    });
    const set = [...page.text.matchAll(/--set ([\w.]+)=/g)].map(([, path = ""]) => path);
    for (const path of [...named, ...set]) {
      const [first = ""] = path.split(".");
      if (!Object.hasOwn(values, first)) continue;
      checked++;
      assert.ok(hasValue(path), `${page.path}: ${path}`);
    }
  }
  assert.ok(checked > 30, `only ${checked} found`);
});

Deno.test("what is said to be a value without a dot is one", () => {
  for (const name of ["mode", "port", "loopbackOnly", "tolerations", "seLinuxOptions"]) {
    assert.ok(hasValue(name), name);
  }
});

Deno.test("the page on operations names every taint by which a node is left out, as the chart does", async () => {
  const named = pages.find(({ path }) => path.endsWith("operations.md"));
  assert.ok(named !== undefined);
  const templates = await Deno.readTextFile(`${chart}/templates/_nodes.tpl`);
  const [, list = ""] = /define "nodeping\.leavingTaints" -}}([^]*?)end }}/.exec(templates) ?? [];
  assert.deepEqual([...list.matchAll(/"(\S+)"/g)].map(([, key]) => key), leavingTaints);
  const spans = codeSpans(named);
  for (const key of leavingTaints) assert.ok(spans.includes(key), key);
});

/** A block of YAML: values of a chart, by its first line, or Kubernetes objects. */
function kindOf(text: string): "nodeping" | "kube-prometheus-stack" | "objects" {
  const [, owner] = /^# Values of (nodeping|kube-prometheus-stack)\n/.exec(text) ?? [];
  return owner === undefined ? "objects" : owner as "nodeping" | "kube-prometheus-stack";
}

const samples = blocks.filter(({ language }) => language === "yaml");

Deno.test("every YAML sample parses, and says what it is", () => {
  assert.ok(samples.length >= 7);
  for (const { page, text } of samples) {
    for (const document of parseAllDocuments(text, { uniqueKeys: true })) {
      assert.deepEqual(document.errors, [], page);
      if (kindOf(text) !== "objects") continue;
      const { apiVersion, kind, metadata } = document.toJSON() as Manifest;
      assert.ok(apiVersion && kind && metadata.name, `${page}: ${text.slice(0, 40)}`);
    }
  }
});

/** The chart's values within a sample: its own, or those of an Application or a HelmRelease. */
function chartValues(text: string): unknown {
  const document: unknown = parse(text);
  if (kindOf(text) === "nodeping") return document;
  const { kind, spec } = document as {
    kind: string;
    spec: { values?: unknown; source?: { helm?: { valuesObject?: unknown } } };
  };
  if (kind === "HelmRelease") return spec.values;
  return kind === "Application" ? spec.source?.helm?.valuesObject : undefined;
}

async function rendered(helm: Helm, sample: string): Promise<readonly Manifest[]> {
  const input = JSON.stringify(chartValues(sample));
  const { code, stdout, stderr } = await runHelm(helm, ["template", "x", chart, "-f", "-"], input);
  assert.equal(code, 0, `${sample}: ${stderr}`);
  return parseManifests(stdout);
}

testWithHelms("the chart takes the values of every sample", async (helm) => {
  const taken = samples.filter(({ text }) => chartValues(text) !== undefined);
  assert.ok(taken.length >= 5);
  for (const { text } of taken) await rendered(helm, text);
});

testWithHelms("GitOps finds nothing to undo in the sync's ConfigMap", async (helm) => {
  const [application] = samples.filter(({ text }) => /^kind: Application$/m.test(text));
  const manifests = await rendered(helm, application?.text ?? "");
  const live = only<Manifest & { data?: unknown }>(manifests, "ConfigMap", "node-ping-config-live");
  assert.equal(live.data, undefined, "no data is rendered, not even an empty map");
  assert.ok(manifests.some(({ metadata }) => metadata.name === "node-ping-sync"));
});

Deno.test("the values for kube-prometheus-stack are those of the chart's notes", async () => {
  const [sample] = samples.filter(({ text }) => kindOf(text) === "kube-prometheus-stack");
  const notes = await Deno.readTextFile(`${root}chart/templates/NOTES.txt`);
  const [, inNotes = ""] = /^( {2}prometheus-node-exporter:\n(?: {4}.*\n)+)/m.exec(notes) ?? [];
  const expected = inNotes.replaceAll(
    "{{ .Values.textfile.hostPath }}",
    "/var/run/node-exporter-textfile",
  );
  assert.deepEqual(parse(sample?.text ?? ""), parse(expected.replaceAll(/^ {2}/gm, "")));
});
