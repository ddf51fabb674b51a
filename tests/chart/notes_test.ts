import assert from "node:assert/strict";
import { needing, noHelm } from "../needing.ts";
import { chart, helms, runHelm } from "./helm.ts";

const helm4 = helms.find(({ name }) => name === "helm4");

function notesTest(name: string, test: () => Promise<void>): void {
  // Only Helm 4 shows NOTES without a cluster.
  const missing = helm4 === undefined ? noHelm : undefined;
  Deno.test({ ...needing(name, missing), fn: test });
}

async function notes(...values: readonly string[]): Promise<string> {
  const args = ["--dry-run=client", ...values.flatMap((value) => ["--set", value])];
  const { code, stdout, stderr } = await runHelm(helm4!, ["install", "nodeping", chart, ...args]);
  assert.equal(code, 0, stderr);
  return stdout.split("\nNOTES:\n")[1] ?? "";
}

notesTest("NOTES of an install without a cluster and sync say that the list is empty", async () => {
  const text = await notes("textfile.hostPath=/var/lib/textfile", "sync.enabled=false");
  assert.match(text, /WARNING: the list of nodes is EMPTY/);
  assert.match(text, /helm nodeping sync nodeping -n default/);
  assert.match(text, /- --collector\.textfile\.directory=\/host\/textfile/);
  assert.match(text, /hostPath: \/var\/lib\/textfile/);
  assert.match(text, /nodePing\.metricsCompatibility=flant: remove the DaemonSet/);
  assert.match(text, /The image localhost\/nodeping:[\d.]+ is on no registry: load it/);
  assert.doesNotMatch(await notes("image.registry=r.io"), /is on no registry/);
});

notesTest("NOTES do not ask for what the sync in the cluster does", async () => {
  const text = await notes();
  assert.match(
    text,
    /The sync in the cluster keeps the list of nodes, in ConfigMap node-ping-config-live/,
  );
  assert.match(text, /kubectl logs deployment\/node-ping-sync -n default/);
  assert.doesNotMatch(text, /helm nodeping sync|WARNING/);
});

notesTest("NOTES name what reaches agents that listen on the loopback", async () => {
  assert.match(await notes(), /See the mesh: {4}helm nodeping matrix nodeping -n default\n/);
  const text = await notes("loopbackOnly=true");
  assert.match(text, /helm nodeping matrix --prometheus URL\n/);
  assert.match(text, /helm nodeping diagnose --prometheus URL\n/);
});
