/** Part "control-plane": what sync costs beside the heartbeats of thousands of nodes. @module */

import {
  kubeconfigText,
  missingForApiServer,
  startApiServer,
} from "../../tests/kubernetes/api_server.ts";
import type { ApiServer } from "../../tests/kubernetes/api_server.ts";
import { noHelm } from "../../tests/needing.ts";
import { helms } from "../../tests/chart/helm.ts";
import { auditArguments, auditedRequests, auditLines } from "../../tests/kubernetes/audit.ts";
import { nodeObject } from "../../tests/kubernetes/node_objects.ts";
import { startKubelets } from "../../tests/kubernetes/node_traffic.ts";
import type { Kubelets } from "../../tests/kubernetes/node_traffic.ts";
import { create, makeFixture } from "../../tests/sync/fixture.ts";
import type { SyncFixture } from "../../tests/sync/fixture.ts";
import { memoryOf } from "./contender.ts";
import type { Memory } from "./contender.ts";
import type { BenchDeps } from "./deps.ts";
import { cpuSecondsOf, makeProcessGroup } from "./process_group.ts";
import { compiled, imageInPod } from "./programs.ts";
import { sleep } from "../../tests/network/agent_process.ts";
import { loadText, table, whole } from "./report.ts";

const chart = new URL("../../chart", import.meta.url).pathname;
const namespace = "large";
const user = "bob";
const measuredSeconds = 20;
/** Making the nodes and the first sync must not take longer. */
const patienceSeconds = 300;

/** A way in which sync keeps a cluster's list. */
interface Way {
  readonly name: string;
  /** What is started, with the directory for its files. */
  readonly command: (directory: string) => readonly string[];
  /** Readies the release. */
  readonly prepare: (fixture: SyncFixture) => Promise<void>;
  /** Revisions of the release at the end, whatever the heartbeats did. */
  readonly revisions: number;
}

const ways: readonly Way[] = [{
  name: "sync --watch, a release",
  command: () => [compiled.people, "sync", "--watch", "np"],
  prepare: async ({ helm }) => {
    await helm("install", "np", chart, "--set", "nodePing.lookup=false");
  },
  // The installation, the first sync, and one address that changed.
  revisions: 3,
}, {
  name: "in the cluster, image/nodeping, a ConfigMap",
  command: (directory) =>
    imageInPod(directory, ["sync", "--watch", "--configmap=node-ping-config-live"]),
  prepare: async ({ helm }) => {
    await helm("upgrade", "np", chart, "--reuse-values", "--set", "sync.enabled=true");
  },
  revisions: 4,
}];

/** Prints time, cost and requests of sync in both ways, on a real API server. */
export async function measureControlPlane(deps: BenchDeps): Promise<void> {
  const { out, nodes } = deps;
  const helm = helms.at(-1);
  const missing = missingForApiServer() ??
    (helm === undefined ? noHelm : undefined);
  if (helm === undefined || missing !== undefined) {
    return out(`\nThe control plane: left out. ${missing}\n`);
  }
  const server = await startApiServer((directory) => auditArguments(directory, user));
  try {
    using kubelets = await startKubelets(server);
    const startMs = performance.now();
    await kubelets.register(0, nodes);
    const kilobytes = JSON.stringify(nodeObject(0)).length / 1000;
    out(
      `\nThe control plane: ${whole(nodes)} Node objects of ${kilobytes.toFixed(1)} kB, made in ` +
        `${((performance.now() - startMs) / 1000).toFixed(0)} s; ${helm.name}\n`,
    );
    const fixture = await makeFixture(server, helm.command, namespace);
    using _ = fixture.api;
    await allowUser(fixture);
    for (const way of ways) out(await measureWay(way, { deps, server, kubelets, fixture }));
  } finally {
    await server.stop();
  }
}

const head = ["", "seconds", "CPU s", "heartbeats/s", "CPU s a minute", "ms a heartbeat"];

interface Ground {
  readonly deps: BenchDeps;
  readonly server: ApiServer;
  readonly kubelets: Kubelets;
  readonly fixture: SyncFixture;
}

async function measureWay(
  way: Way,
  { deps, server, kubelets, fixture }: Ground,
): Promise<string> {
  await way.prepare(fixture);
  const sinceLine = (await auditLines(server.directory)).length;
  const startMs = performance.now();
  const { directory } = deps;
  await using sync = startSync(way.command(directory), {
    ...fixture.env,
    ...await credentialsOfUser(server, directory),
  });
  await sync.untilWritten(1, patienceSeconds);
  const seconds = () => ((performance.now() - startMs) / 1000).toFixed(1);
  const rows = [["first sync", seconds(), sync.allCpuSeconds().toFixed(1)]];
  const firstPeak = sync.peakBytes();
  await sleep(3000);
  for (const rate of [0, ...deps.heartbeats]) {
    rows.push(await measureRate(rate, sync, kubelets, deps.nodes));
  }
  if (sync.written() > 1) throw new Error("sync wrote again, and no address had changed");
  const before = { ms: performance.now(), cpuSeconds: sync.allCpuSeconds() };
  await kubelets.move(0, `10.99.0.${way.revisions}`);
  await sync.untilWritten(2, 60);
  rows.push([
    "one address changed",
    ((performance.now() - before.ms) / 1000).toFixed(1),
    (sync.allCpuSeconds() - before.cpuSeconds).toFixed(1),
  ]);
  const { residentBytes, anonymousBytes } = sync.memory();
  const [rss, anonymous, first, peak] = [residentBytes, anonymousBytes, firstPeak, sync.peakBytes()]
    .map((bytes) => (bytes / 1e6).toFixed(0));
  const revisions = (await fixture.history("np")).length;
  return `\n${way.name}\n${table(head, rows)}` +
    `  RSS ${rss} MB (anonymous ${anonymous} MB), at most ${peak} MB, ${first} MB at the first sync\n` +
    `  ${revisions} revisions of ${way.revisions} due; load ${loadText()}\n` +
    `  requests of ${
      (await auditedRequests(server.directory, sinceLine))
        .replaceAll("; ", "\n  requests of ")
    }\n`;
}

/** One row: what sync uses at that rate of heartbeats. */
async function measureRate(
  wanted: number,
  sync: SyncProcess,
  kubelets: Kubelets,
  nodes: number,
): Promise<string[]> {
  const stop = new AbortController();
  const startMs = performance.now();
  const beating = wanted === 0 ? Promise.resolve(0) : kubelets.beat(nodes, wanted, stop.signal);
  await sleep(1000);
  const busy = await perMinute(sync.cpuSeconds, () => sleep(measuredSeconds * 1000));
  const rate = 1000 / (performance.now() - startMs);
  stop.abort();
  const perSecond = await beating * rate;
  return [
    wanted === 0 ? "no heartbeats" : `${whole(wanted)} wanted`,
    "",
    "",
    whole(perSecond),
    busy.toFixed(2),
    wanted === 0 ? "" : (1000 * busy / 60 / perSecond).toFixed(3),
  ];
}

async function perMinute(cpuSeconds: () => number, act: () => Promise<void>): Promise<number> {
  const [before, startMs] = [cpuSeconds(), performance.now()];
  await act();
  return (cpuSeconds() - before) * 60_000 / (performance.now() - startMs);
}

/** The user whose requests are counted may do everything. */
async function allowUser({ api }: SyncFixture): Promise<void> {
  await create(api, "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", {
    metadata: { name: "bench" },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
    subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: user }],
  });
}

/** What leads to the API server as that user: a kubeconfig, and what a pod has. */
async function credentialsOfUser(
  { url, directory: serverDirectory, bobToken: token }: ApiServer,
  directory: string,
): Promise<Record<string, string>> {
  const ca = `${serverDirectory}/ca.crt`;
  const kubeconfig = `${directory}/kubeconfig`;
  await Deno.writeTextFile(
    kubeconfig,
    kubeconfigText({ server: url, ca, user: { token }, namespace }),
  );
  await Deno.mkdir(`${directory}/account`, { recursive: true });
  await Deno.copyFile(ca, `${directory}/account/ca.crt`);
  await Deno.writeTextFile(`${directory}/account/token`, token);
  await Deno.writeTextFile(`${directory}/account/namespace`, namespace);
  const { hostname, port } = new URL(url);
  return {
    KUBECONFIG: kubeconfig,
    KUBERNETES_SERVICE_HOST: hostname,
    KUBERNETES_SERVICE_PORT: port,
  };
}

/** A running sync; it is ended when it is disposed of. */
export interface SyncProcess extends AsyncDisposable {
  /** Processor time of sync itself, in seconds. */
  readonly cpuSeconds: () => number;
  /** The same with the helms that it ran. */
  readonly allCpuSeconds: () => number;
  readonly memory: () => Memory;
  /** Largest resident memory so far, in bytes. */
  readonly peakBytes: () => number;
  /** Waits until it has written so many times; rejects with its log when it takes too long. */
  readonly untilWritten: (times: number, withinSeconds: number) => Promise<void>;
  /** How many times it has written. */
  readonly written: () => number;
}

let syncs = 0;

/** Starts the command line of a sync that watches. */
export function startSync(
  command: readonly string[],
  env: Readonly<Record<string, string>>,
): SyncProcess {
  const group = makeProcessGroup(`nodeping-bench-sync-${Deno.pid}-${syncs++}`);
  const [program = "", ...line] = group.inside(...command);
  const child = new Deno.Command(program, {
    args: line,
    env,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  let log = "";
  const reading = child.stderr.pipeThrough(new TextDecoderStream())
    .pipeTo(new WritableStream({ write: (text) => void (log += text) }));
  const written = () => log.split("Wrote the nodes").length - 1;
  return {
    cpuSeconds: () => cpuSecondsOf(child.pid),
    allCpuSeconds: group.cpuSeconds,
    memory: () => memoryOf(child.pid),
    peakBytes: () =>
      1024 * Number(
        /^VmHWM:\s+(\d+) kB$/m.exec(Deno.readTextFileSync(`/proc/${child.pid}/status`))?.[1],
      ),
    written,
    untilWritten: async (times, withinSeconds) => {
      const endMs = performance.now() + 1000 * withinSeconds;
      while (written() < times) {
        if (performance.now() > endMs) throw new Error(`sync did not write in time: ${log}`);
        await sleep(50);
      }
    },
    [Symbol.asyncDispose]: async () => {
      await group[Symbol.asyncDispose]();
      await child.status;
      await reading;
    },
  };
}
