import assert from "node:assert/strict";
import { diagnose } from "../../src/diagnosis/diagnose.ts";
import type { Verdict } from "../../src/diagnosis/report.ts";
import { agentsBehindApi } from "../../src/mesh/agents.ts";
import { readAgents } from "../../src/mesh/agents.ts";
import { FakeClock } from "../../tests/fakes/clock.ts";
import { problemsOf, resultText } from "../soak.ts";
import { FakeCluster } from "./fake_cluster.ts";
import { Observer } from "./observer.ts";
import { isNamed, playSoak, sayVerdicts } from "./play.ts";
import type { SoakResult } from "./play.ts";
import { describeStep, planSchedule } from "./schedule.ts";
import { Stage } from "./stage.ts";

const nodes = ["node-1", "node-2", "node-3", "node-4", "node-5"];
const signal = new AbortController().signal;
const schedule = planSchedule({ nodes, spares: ["node-8"], durationSeconds: 600, seed: 4 });

/** Ten minutes on simulated agents, with the real diagnosis. */
async function soak(
  prepare: (cluster: FakeCluster, clock: FakeClock) => void,
): Promise<SoakResult> {
  const clock = new FakeClock(1_800_000_000_000);
  const cluster = new FakeCluster(clock, nodes);
  prepare(cluster, clock);
  const { api, tool, longPackets } = cluster;
  const observer = new Observer({ api, tool, clock, signal });
  const stage = new Stage({ tool, longPackets, clock, signal, observer }, nodes);
  const play = async () => {
    await observer.settled(nodes);
    return await playSoak({
      ...{ schedule, stage, observer, clock, signal },
      diagnose: async () => {
        const agents = agentsBehindApi(api, undefined);
        const deps = { clock, progress: () => {} };
        return diagnose((await readAgents(agents, 15_000, deps, signal)).mesh).report;
      },
      periodSeconds: 0.5,
      durationSeconds: 600,
      say: () => {},
    });
  };
  let result: SoakResult | undefined;
  let failure: unknown;
  play().then((value) => result = value, (error) => failure = error);
  for (let minute = 0; minute < 20 && result === undefined && !failure; minute++) {
    await clock.advance(60_000);
  }
  if (failure) throw failure;
  assert.ok(result);
  return result;
}

Deno.test("playSoak() agrees with agents that count right, whatever is done to them", async () => {
  const result = await soak(() => {});
  assert.deepEqual(problemsOf(result), []);
  const kinds = new Set(result.steps.map(({ step }) => step.kind));
  assert.equal(kinds.size, 9);
  assert.ok(result.tookSeconds >= 600, `${result.tookSeconds} s`);
  assert.equal(result.pairs.length, result.nodes.length * (result.nodes.length - 1));
  assert.ok(
    result.pairs.some(({ lost }) => lost > 30) && result.pairs.some(({ lost }) => lost === 0),
  );
  assert.match(resultText(result, 0.5), /Everything agrees with what was done/);
});

Deno.test("playSoak() sees a single loss that nobody made", async () => {
  const lossless = ["quiet", "join", "mtu"];
  const concerned = schedule.filter(({ step }) => !lossless.includes(step.kind))
    .map(({ step }) => describeStep(step)).join();
  const [source, destination] = [...nodes, "node-8"].filter((node) => !concerned.includes(node));
  assert.ok(source !== undefined && destination !== undefined, concerned);
  const result = await soak((cluster) => {
    cluster.loses = (from, to, probe) => from === source && to === destination && probe === 60;
  });
  const problems = problemsOf(result);
  assert.equal(problems.length, 1);
  assert.match(problems[0] ?? "", new RegExp(`${source} > ${destination} does not agree: lost`));
});

Deno.test("playSoak() sees memory that grows", async () => {
  const result = await soak((cluster) => {
    cluster.rssKb = (atMs) => 50_000 + atMs / 50;
  });
  assert.match(problemsOf(result).join("\n"), /The memory of node-\d's agent is not flat/);
  assert.match(resultText(result, 0.5), /disagree/);
});

Deno.test("playSoak() sees an agent that was started again by itself", async () => {
  const left = schedule.flatMap(({ step }) => step.kind === "leave" ? [step.node] : []);
  const node = nodes.find((name) => !left.includes(name)) ?? "";
  const result = await soak((cluster, clock) => {
    clock.sleep(90_000, signal).then(() => cluster.restart(node));
  });
  const problems = problemsOf(result).join("\n");
  assert.match(problems, new RegExp(`${node}'s agent was started again \\d times instead of`));
});

const link: Verdict = { kind: "link", nodes: ["a", "b"], loss: 0.98, evidence: "", next: "" };
const node: Verdict = { kind: "node", nodes: ["a"], loss: 1, evidence: "", next: "" };

const mtu: Verdict = {
  ...{ kind: "mtu", nodes: ["a", "b"], loss: 1, evidence: "", next: "" },
  bytes: { passes: 1400, lost: 1401 },
};

Deno.test("isNamed() asks for the fault and nothing else", () => {
  assert.ok(isNamed({ kind: "mtu", nodes: ["b", "a"] }, [mtu]));
  assert.ok(!isNamed({ kind: "mtu", nodes: ["b", "a"] }, [mtu, link]));
  assert.ok(!isNamed({ kind: "cut", nodes: ["b", "a"] }, [mtu]));
  assert.ok(isNamed({ kind: "cut", nodes: ["b", "a"] }, [link]));
  assert.ok(!isNamed({ kind: "cut", nodes: ["b", "a"] }, [link, node]));
  assert.ok(!isNamed({ kind: "cut", nodes: ["b", "a"] }, []));
  assert.ok(!isNamed({ kind: "flap", nodes: ["a", "c"] }, [link]));
  assert.ok(isNamed({ kind: "die", node: "a" }, [node]));
  assert.ok(!isNamed({ kind: "isolate", node: "b" }, [node]));
  assert.ok(isNamed({ kind: "quiet" }, []));
  assert.ok(!isNamed({ kind: "join", node: "a" }, [node]));
});

Deno.test("isNamed() takes a node that left for gone or for dead", () => {
  assert.ok(isNamed({ kind: "leave", node: "a" }, []));
  assert.ok(isNamed({ kind: "leave", node: "a" }, [node]));
  assert.ok(!isNamed({ kind: "leave", node: "b" }, [node]));
});

Deno.test("sayVerdicts() is one line", () => {
  assert.equal(sayVerdicts([]), "no fault");
  assert.equal(sayVerdicts([mtu]), "mtu a - b (1400 bytes pass)");
  assert.equal(sayVerdicts([link, node]), "link a - b (98 %), node a (100 %)");
  const zones: Verdict = {
    kind: "zone-pair",
    zones: ["x", "y"],
    loss: 0.1,
    evidence: "",
    next: "",
  };
  assert.equal(sayVerdicts([zones]), "zone-pair x - y (10 %)");
});
