import assert from "node:assert/strict";
import { meshOrigin, originFlags } from "./command.ts";
import { parseFlags } from "../flags.ts";

/** The origin that the arguments choose. */
function originOf(...args: readonly string[]): unknown {
  const parsed = parseFlags(originFlags, { args, operands: { name: "release", max: 1 } });
  assert.ok(parsed.kind === "valid", JSON.stringify(parsed));
  return meshOrigin(parsed.settings, parsed.operands, () => undefined);
}

const url = "http://prometheus:9090/";
const prometheus = { kind: "prometheus", url, windowMs: 120_000, clusterLabel: "cluster" };

Deno.test("meshOrigin() takes a cluster by its name, its label and name, or as the one without a label", () => {
  const at = (...more: readonly string[]) => originOf(`--prometheus=${url}`, ...more);
  assert.deepEqual(at(), prometheus);
  assert.deepEqual(at("--cluster=east"), { ...prometheus, cluster: "east" });
  assert.deepEqual(at("--cluster=cluster="), { ...prometheus, cluster: "" });
  assert.deepEqual(at("--cluster=cluster=a=b"), { ...prometheus, cluster: "a=b" });
  assert.deepEqual(at("--cluster=k8s=east"), {
    ...{ ...prometheus, clusterLabel: "k8s", cluster: "east" },
  });
});

Deno.test("meshOrigin() looks at the time that its source can give", () => {
  assert.deepEqual(originOf(`--prometheus=${url}`, "--window=5m"), {
    ...{ ...prometheus, windowMs: 300_000 },
  });
  const agents = { kind: "agents", windowMs: 15_000, inCluster: false };
  assert.deepEqual(originOf(), agents);
  assert.deepEqual(originOf("--window=1s"), { ...agents, windowMs: 1000 });
});
