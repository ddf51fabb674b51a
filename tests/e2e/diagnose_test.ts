import type { V1NodeList } from "@kubernetes/client-node";
import assert from "node:assert/strict";
import { namesOf } from "../../src/diagnosis/report.ts";
import type { Verdict, VerdictReport } from "../../src/diagnosis/report.ts";
import { helms, runHelm } from "../chart/helm.ts";
import { agentsOf, allPairs } from "./agents.ts";
import {
  clusterTest,
  eventually,
  get,
  kubectl,
  makeFault,
  pause,
  withNamespace,
} from "./cluster.ts";
import { joinNode } from "./joining.ts";
import { withPlugin } from "./plugin.ts";
import type { Nodeping } from "./plugin.ts";
import { baseValues, deploy, helmDo, releaseName, tryDeploy } from "./release.ts";

/** A fault, and what both commands must say of it. */
interface Fault {
  readonly name: string;
  readonly make: () => Promise<unknown>;
  readonly heal: () => Promise<unknown>;
  readonly verdict: Pick<Verdict, "kind"> & { readonly nodes: readonly string[] };
  /** Smallest and largest loss that the verdict may name. */
  readonly loss: readonly [number, number];
  /** Pairs that the matrix shows with loss, sorted. */
  readonly pairs: readonly string[];
  /** Rows that are missing. */
  readonly silent: readonly string[];
}

/** What a user who sees a fault may wait for its name. */
const patienceMs = 30_000;

for (const helm of helms) {
  clusterTest(
    "helm nodeping matrix and diagnose name each fault within 30 s, and nothing else",
    { image: true, faults: true },
    () =>
      withNamespace("diagnose", [], async (namespace) => {
        const joined = await joinNode();
        try {
          // The list of the install has the nodes that are there by then.
          await eventually(30, () => kubectl("get", "node", `node-${joined}`));
          await kubectl("wait", "--for=condition=Ready", `node/node-${joined}`, "--timeout=60s");
          await deploy(helm, namespace);
          const nodes = (await agentsOf(namespace)).map(({ node }) => node).sort();
          assert.ok(nodes.includes(`node-${joined}`) && nodes.length >= 4, nodes.join());
          await withPlugin(helm, namespace, (nodeping) => cutAndDiagnose(nodeping, nodes, joined));
        } finally {
          await makeFault("remove-node", joined);
        }
        await helmDo(helm, namespace, "uninstall", releaseName);
      }),
    [helm],
  );
}

async function cutAndDiagnose(
  nodeping: Nodeping,
  nodes: readonly string[],
  victim: string,
): Promise<void> {
  await assertHealthy(nodeping, nodes);
  for (const fault of faultsOf(nodes, victim)) {
    await fault.make();
    try {
      const startMs = performance.now();
      await Promise.all([assertDiagnosed(nodeping, fault), assertShown(nodeping, fault)]);
      const tookMs = performance.now() - startMs;
      report(`${fault.name}: named after ${(tookMs / 1000).toFixed(1)} s`);
      assert.ok(tookMs < patienceMs, `${fault.name}: ${tookMs} ms`);
    } finally {
      await fault.heal();
    }
    // Probes that were lost at the end are counted when their time is over.
    await pause(4);
    await assertHealthy(nodeping, nodes);
  }
}

function faultsOf(nodes: readonly string[], victim: string): readonly Fault[] {
  const name = `node-${victim}`;
  const [first = "", second = ""] = nodes.filter((node) => node !== name);
  const number = (node: string) => node.replace(/^node-/, "");
  const others = nodes.filter((node) => node !== name);
  const row = others.map((node) => `${name} ${node}`).sort();
  const column = others.map((node) => `${node} ${name}`).sort();
  const link = { kind: "link", nodes: [first, second] } as const;
  const heal = () => makeFault("heal");
  const onVictim = (...command: string[]) => makeFault("on-node", victim, ...command);
  const ignore = (value: number) =>
    onVictim("sysctl", "-qw", `net.ipv4.icmp_echo_ignore_all=${value}`);
  const filter = "add table inet nodeping-e2e; " +
    "add chain inet nodeping-e2e out { type filter hook output priority 0; }; " +
    'add rule inet nodeping-e2e out oifname != "lo" icmp type echo-request drop';
  return [
    {
      name: "A cut link",
      make: () => makeFault("cut", number(first), number(second)),
      heal,
      verdict: link,
      loss: [0.9, 1],
      pairs: allPairs([first, second]),
      silent: [],
    },
    {
      name: "40 % loss in one direction",
      make: () => makeFault("loss", number(first), number(second), "40"),
      heal,
      verdict: link,
      loss: [0.15, 0.65],
      pairs: allPairs([first, second]),
      silent: [],
    },
    {
      name: "A dead node",
      make: () => makeFault("isolate", victim),
      heal,
      verdict: { kind: "node", nodes: [name] },
      loss: [0.9, 1],
      pairs: column,
      silent: [name],
    },
    {
      name: "A source whose requests are filtered",
      make: () => onVictim("nft", filter),
      heal: () => onVictim("nft", "delete table inet nodeping-e2e"),
      verdict: { kind: "source", nodes: [name] },
      loss: [0.9, 1],
      pairs: row,
      silent: [],
    },
    {
      name: "A destination that ignores echo requests",
      make: () => ignore(1),
      heal: () => ignore(0),
      verdict: { kind: "destination", nodes: [name] },
      loss: [0.9, 1],
      pairs: column,
      silent: [],
    },
  ];
}

async function assertDiagnosed(nodeping: Nodeping, fault: Fault): Promise<void> {
  const args = ["diagnose", releaseName, "--output=json", "--exit-code"];
  const { code, stdout, stderr } = await nodeping(...args);
  const { verdicts } = JSON.parse(stdout || "{}") as VerdictReport;
  const named = verdicts?.map((verdict) =>
    verdict.kind === "zone-pair" ? verdict : { kind: verdict.kind, nodes: namesOf(verdict) }
  );
  assert.deepEqual(named, [fault.verdict], `${fault.name}: ${stdout}${stderr}`);
  const loss = verdicts[0]?.loss ?? NaN;
  const [low, high] = fault.loss;
  assert.ok(low <= loss && loss <= high, `${fault.name}: ${loss}`);
  assert.equal(code, 3);
}

async function assertShown(nodeping: Nodeping, fault: Fault): Promise<void> {
  const { code, stdout, stderr } = await nodeping("matrix", releaseName, "--output=json");
  assert.equal(code, 0, stderr);
  const { nodes, pairs } = JSON.parse(stdout) as {
    readonly nodes: readonly { readonly name: string; readonly silent: boolean }[];
    readonly pairs: readonly {
      readonly source: string;
      readonly destination: string;
      readonly loss: number;
    }[];
  };
  const lossy = pairs.filter(({ loss }) => loss > 0)
    .map(({ source, destination }) => `${source} ${destination}`);
  assert.deepEqual(lossy.sort(), fault.pairs, fault.name);
  const silent = nodes.filter((node) => node.silent).map((node) => node.name);
  assert.deepEqual(silent, fault.silent, fault.name);
}

async function assertHealthy(nodeping: Nodeping, nodes: readonly string[]): Promise<void> {
  const { code, stdout, stderr } = await nodeping(
    ...["diagnose", releaseName, "--exit-code", "--window=8s"],
  );
  const count = nodes.length;
  const expected = `No fault found in ${count * (count - 1)} pairs, ` +
    `measured by ${count} of ${count} nodes.`;
  assert.deepEqual([stdout.split("\n")[0], code], [expected, 0], stdout + stderr);
}

clusterTest("helm test passes on a healthy mesh, in every mode", { image: true }, async (helm) => {
  for (const [mode, level] of [["host", "privileged"], ["restricted", "restricted"]]) {
    const labels = [`pod-security.kubernetes.io/enforce=${level}`];
    await withNamespace(`test-${mode}`, labels, async (namespace) => {
      await deploy(helm, namespace, { mode });
      const nodes = (await agentsOf(namespace)).map(({ node }) => node);
      await withPlugin(helm, namespace, (nodeping) => assertHealthy(nodeping, nodes));
      const output = await helmDo(helm, namespace, "test", releaseName, "--logs");
      assert.match(output, /Phase: +Succeeded[^]*No fault found in \d+ pairs/);
      await helmDo(helm, namespace, "uninstall", releaseName, "--wait");
    });
  }
}, helms);

clusterTest(
  "helm test fails when agents do not measure",
  { image: true, faults: true },
  (helm) =>
    withNamespace("test-fails", [], async (namespace) => {
      const { items } = await get<V1NodeList>("nodes");
      for (const { metadata } of items) {
        const number = metadata?.name?.replace(/^node-/, "") ?? "";
        await makeFault("on-node", number, "sysctl", "-qw", "net.ipv4.ping_group_range=1 0");
      }
      await tryDeploy(helm, namespace, { ...baseValues(), mode: "host-ping" });
      await eventually(30, async () => {
        const args = ["test", releaseName, "-n", namespace, "--logs", "--timeout=60s"];
        const { code, stdout, stderr } = await runHelm(helm, args);
        assert.notEqual(code, 0, stdout);
        assert.match(stdout + stderr, /its agent cannot measure/);
      });
      const kept = await kubectl("get", "serviceaccount,role", "-n", namespace, "-o", "name");
      assert.doesNotMatch(kept, /-test$/m);
      await helmDo(helm, namespace, "uninstall", releaseName, "--wait");
    }),
  helms,
);

function report(line: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`${line}\n`));
}
