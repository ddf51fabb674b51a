import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import type { AgentSource, ReadableAgent } from "../mesh/agents.ts";
import type { PageData } from "../matrix/html.ts";
import type { SourceReport } from "../mesh/source_report.ts";
import { FakeClock } from "../../tests/fakes/clock.ts";
import { systemClock } from "../platform/clock.ts";
import { agentsReader, LiveMesh, withPatience } from "./live_mesh.ts";

/** Agents, each of which probes all nodes of the list; nobody else answers. */
class FakeAgentSource implements AgentSource {
  readonly title = "test";
  /** What the agents' lists have. */
  listed = ["a", "b", "c", "d"];
  /** Nodes with an agent. */
  readonly running = ["a", "b", "c"];
  /** Node objects. */
  objects = ["a", "b", "c"];
  /** How often the Node objects were listed, and the agents. */
  listings = 0;
  agentListings = 0;
  /** Nodes whose agents' pods are there, and cannot be read. */
  readonly pending: string[] = [];
  /** Failed writes of the textfiles, of each agent. */
  textfileErrors = 0;
  readonly #sent = new Map<string, number>();

  /** Whether nothing of it can be reached. */
  isAway = false;

  readonly list = () => {
    this.agentListings++;
    if (this.isAway) return Promise.reject(new Error("Cannot reach the API server"));
    return Promise.resolve([
      ...this.pending.map((source) => ({ source, reason: "its pod is Pending" })),
      ...this.running.map((node) => ({
        ...{ id: node, node, name: node },
        metrics: () =>
          this.isAway || !this.running.includes(node)
            ? Promise.reject(new Error("No route"))
            : Promise.resolve(this.#metrics(node)),
      })),
    ]);
  };

  readonly nodeNames = () => {
    this.listings++;
    return Promise.resolve(this.objects);
  };

  [Symbol.dispose](): void {}

  #metrics(node: string): string {
    const sent = (this.#sent.get(node) ?? 0) + 10;
    this.#sent.set(node, sent);
    return this.listed.filter((other) => other !== node).map((other) => {
      const labels = `{source_node="${node}",destination_node="${other}",` +
        `destination_address="${other}",destination_kind="node"}`;
      return `nodeping_probes_sent_total${labels} ${sent}\n` +
        `nodeping_probes_received_total${labels} ${this.running.includes(other) ? sent : 0}\n`;
    }).join("") + `nodeping_agent_measuring{source_node="${node}"} 1\n` +
      `nodeping_agent_textfile_write_errors_total{source_node="${node}"} ${this.textfileErrors}\n`;
  }
}

const signal = AbortSignal.timeout(20_000);

Deno.test("agentsReader() lists Node objects where nodes are silent alone, and anew for one that fell silent", async () => {
  const [cluster, clock] = [new FakeAgentSource(), new FakeClock(0)];
  const read = agentsReader(() => Promise.resolve(cluster), clock);
  cluster.listed = ["a", "b", "c"];
  assert.equal((await read(signal)).nodeNames, undefined);
  assert.equal(cluster.listings, 0);
  cluster.listed = ["a", "b", "c", "d"];
  assert.deepEqual((await read(signal)).nodeNames, ["a", "b", "c"]);
  await read(signal);
  assert.equal(cluster.listings, 1);
  cluster.listed = ["a", "b", "c", "d", "e"];
  cluster.objects = ["a", "b", "c", "e"];
  assert.deepEqual((await read(signal)).nodeNames, ["a", "b", "c", "e"]);
  cluster.objects = [];
  await clock.advance(61_000);
  assert.deepEqual((await read(signal)).nodeNames, ["a", "b", "c", "e"], "no answer, as before");
  assert.equal(cluster.listings, 3);
});

Deno.test("agentsReader() lists agents every 30 s, every 10 s while one is missing, at once for one more", async () => {
  const [cluster, clock] = [new FakeAgentSource(), new FakeClock(0)];
  const read = agentsReader(() => Promise.resolve(cluster), clock);
  const listingsIn = async (seconds: number) => {
    const before = cluster.agentListings;
    for (let step = 0; step < seconds / 2; step++) {
      await clock.advance(2000);
      await read(signal);
    }
    return cluster.agentListings - before;
  };
  await read(signal);
  assert.equal(await listingsIn(96), 3);
  cluster.pending.push("d");
  await listingsIn(30);
  assert.equal(await listingsIn(96), 8);
  // Just after a listing, so that the next one is not due by itself.
  while (await listingsIn(2) === 0);
  cluster.running.splice(cluster.running.indexOf("c"), 1);
  assert.deepEqual([await listingsIn(2), await listingsIn(2)], [0, 1], "missed, and looked for");
});

Deno.test("agentsReader() says for 30 s that an agent could not write its textfile", async () => {
  const [cluster, clock] = [new FakeAgentSource(), new FakeClock(0)];
  const read = agentsReader(() => Promise.resolve(cluster), clock);
  const saysSo = async () => (await read(signal)).problems.join().includes("textfiles");
  cluster.textfileErrors = 3;
  assert.equal(await saysSo(), false, "it may have been yesterday");
  cluster.textfileErrors = 4;
  assert.equal(await saysSo(), true);
  await clock.advance(29_000);
  assert.equal(await saysSo(), true);
  await clock.advance(2000);
  assert.equal(await saysSo(), false);
});

Deno.test("LiveMesh takes a node that left the cluster for no fault, and says so", async () => {
  const [cluster, clock] = [new FakeAgentSource(), new FakeClock(0)];
  const ended = new AbortController();
  const live = new LiveMesh({
    read: agentsReader(() => Promise.resolve(cluster), clock),
    ...{ title: "test", intervalMs: 2000, clock, warn: assert.fail, send: () => {} },
  });
  const running = live.run(ended.signal);
  await clock.advance(12_000);
  ended.abort();
  await running;
  const data = JSON.parse(live.json() ?? "{}") as PageData;
  assert.deepEqual(data.verdicts, []);
  assert.deepEqual(data.nodes.filter(({ stale }) => stale).map(({ name }) => name), ["d"]);
  assert.match(data.problems.join(), /not in the cluster \(.*run helm nodeping sync\): d/);
});

Deno.test("LiveMesh gives who has one of the two newest readings the changes, and all others the whole", async () => {
  const [cluster, clock] = [new FakeAgentSource(), new FakeClock(1_000_000)];
  const ended = new AbortController();
  const moments: number[] = [];
  const live = new LiveMesh({
    read: agentsReader(() => Promise.resolve(cluster), clock),
    ...{ title: "test", intervalMs: 2000, clock, warn: assert.fail },
    send: (event, json) => {
      if (event === "mesh") moments.push(JSON.parse(json).at);
    },
  });
  const running = live.run(ended.signal);
  assert.equal(live.changes(NaN), undefined);
  await clock.advance(7000);
  ended.abort();
  await running;
  const [older = 0, before = 0, newest = 0] = moments;
  assert.equal(moments.length, 3);
  const whole = JSON.parse(live.json() ?? "");
  const changesSince = (at: number) => JSON.parse(live.changes(at) ?? "");
  assert.deepEqual(changesSince(newest), { from: newest, fields: {}, pairs: {}, externals: {} });
  assert.equal(changesSince(before).from, before);
  assert.equal(changesSince(before).fields.at, newest);
  assert.deepEqual(changesSince(older), whole);
  assert.deepEqual(changesSince(NaN), whole);
});

Deno.test("LiveMesh keeps what it read while readings fail, waits longer, and goes on", async () => {
  const [cluster, clock] = [new FakeAgentSource(), new FakeClock(1_000_000)];
  const ended = new AbortController();
  const events: string[] = [];
  const warnings: string[] = [];
  const live = new LiveMesh({
    read: agentsReader(() => Promise.resolve(cluster), clock),
    ...{ title: "test", intervalMs: 2000, clock },
    warn: (message) => void warnings.push(message),
    send: (event) => void events.push(event),
  });
  const ending = live.run(ended.signal);
  await clock.advance(5000);
  const before = live.json();
  cluster.isAway = true;
  await clock.advance(60_000);
  assert.equal(live.json(), before);
  assert.match(live.trouble() ?? "", /"message":"Cannot reach the API server"/);
  assert.deepEqual(warnings, [
    "None of 3 agents can be read: its agent does not answer: No route",
  ]);
  const failures = events.filter((event) => event === "trouble").length;
  assert.ok(failures >= 5 && failures < 10, `${failures} failures in a minute`);
  cluster.isAway = false;
  await clock.advance(15_000);
  ended.abort();
  await ending;
  assert.equal(live.trouble(), undefined);
  assert.equal(events.at(-1), "mesh");
});

Deno.test("LiveMesh shows a past moment with the loss, the nodes and the problems that it had", async () => {
  const names = ["n1", "n2", "n3", "n4", "n5", "n6"];
  const [clock, ended] = [new FakeClock(0), new AbortController()];
  const totals = new Map<string, { sent: number; received: number }>();
  let reading = 0;
  const loss = (one: string, other: string) =>
    [one, other].sort().join() !== "n1,n2" || reading < 10 || reading >= 60
      ? 0
      : reading < 30
      ? 0.25
      : 1;
  const isAlive = (name: string) => name !== "n6" || reading < 60;
  const live = new LiveMesh({
    read: () => {
      reading++;
      const reports = names.filter(isAlive).map((source): SourceReport => ({
        ...{ source, cordoned: [], measuring: true },
        totals: names.filter((name) => name !== source && (name !== "n6" || reading < 70)).map(
          (destination) => {
            const { sent, received } = totals.get(source + destination) ?? { sent: 0, received: 0 };
            const total = {
              sent: sent + 8,
              received: received + 8 * (1 - loss(source, destination)),
            };
            totals.set(source + destination, total);
            return { destination, address: destination, kind: "node", ...total };
          },
        ),
      }));
      const problems = [reading < 60 ? "of then" : "of now"];
      return Promise.resolve({ reports, missing: [], problems });
    },
    ...{ title: "test", intervalMs: 2000, clock, warn: assert.fail, send: () => {} },
  });
  const running = live.run(ended.signal);
  await clock.advance(160_000);
  ended.abort();
  await running;
  const dataAt = (atMs: number) => JSON.parse(live.jsonAt(atMs) ?? "{}") as PageData;
  assert.deepEqual(dataAt(50_000).verdicts.map(({ title, effect }) => `${title} ${effect}`), [
    "Link n1 - n2 loses 25 %",
  ]);
  const past = dataAt(100_000);
  assert.deepEqual(past.verdicts.map(({ loss }) => loss > 0.9), [true]);
  assert.deepEqual(past.problems, ["of then"]);
  assert.deepEqual(past.nodes.map(({ name, noData }) => [name, noData]), [
    ...names.map((name) => [name, undefined]),
  ]);
  assert.equal(past.pairs.sent.length, 30);
  assert.deepEqual(dataAt(160_000).problems, ["of now"]);
  assert.equal(dataAt(160_000).nodes.length, 5);
});

const query = "name%5B%5D=x";

/** The agent answers after these times in milliseconds, one after the other, with their number. */
function slowAgent(...delaysMs: number[]): ReadableAgent & { asked: number } {
  const agent = {
    ...{ id: "slow", name: "slow", asked: 0 },
    metrics: async () => {
      const number = agent.asked++;
      await delay(delaysMs[number] ?? 0);
      return String(number);
    },
  };
  return agent;
}

Deno.test("withPatience() takes a late answer in the next reading, and asks a slow agent again at once", async () => {
  const agent = slowAgent(600, 600, 0, 0);
  const patient = withPatience(agent, systemClock, 400);
  const isLate = { name: "TimeLimitError" };
  await assert.rejects(patient.metrics(query, signal), isLate);
  // From now on every reading has an answer, asked in the one before.
  assert.equal(await patient.metrics(query, signal), "0");
  await delay(400);
  assert.equal(await patient.metrics(query, signal), "1");
  assert.equal(agent.asked, 3);
  await delay(50);
  assert.equal(await patient.metrics(query, signal), "2");
  // It is quick again: what it says is of this reading.
  assert.equal(agent.asked, 3);
  assert.equal(await patient.metrics(query, signal), "3");
});

Deno.test("withPatience() passes failures on, also late ones, and asks anew", async () => {
  let asked = 0;
  const patient = withPatience(
    {
      ...{ id: "dark", name: "dark" },
      metrics: async () => {
        if (asked++ > 0) throw new Error("no route");
        await delay(400);
        throw new Error("reset");
      },
    },
    systemClock,
    300,
  );
  await assert.rejects(patient.metrics(query, signal), { name: "TimeLimitError" });
  await assert.rejects(patient.metrics(query, signal), { message: "reset" });
  await assert.rejects(patient.metrics(query, signal), { message: "no route" });
});

Deno.test("withPatience() takes no answer to what was asked before a gap", async () => {
  const clock = new FakeClock(0);
  const agent = slowAgent(300, 0);
  const patient = withPatience(agent, clock, 100);
  await assert.rejects(patient.metrics(query, signal), { name: "TimeLimitError" });
  await delay(300);
  await clock.advance(600_000);
  assert.equal(await patient.metrics(query, signal), "1");
});
