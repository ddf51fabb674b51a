import assert from "node:assert/strict";
import { FakeClock } from "../../tests/fakes/clock.ts";
import { Stage } from "./stage.ts";
import { blackHoleSeconds, flaps, flapSeconds } from "./schedule.ts";

/** A stage whose tool takes 0.1 s for each command. */
function fakeStage(failing?: string): { stage: Stage; calls: string[]; clock: FakeClock } {
  const calls: string[] = [];
  const clock = new FakeClock();
  const { signal } = new AbortController();
  const stage = new Stage({
    tool: async (...args) => {
      await clock.sleep(100, signal);
      const kill = /kill -(\w+)/.exec(args.join(" "))?.[1];
      calls.push(
        [args.filter((arg) => !arg.includes("\n")).join(" "), kill ?? ""].join(" ").trim(),
      );
      if (args[0] === failing) throw new Error("No");
    },
    ...{ clock, signal },
    longPackets: {
      drop: (...args) => Promise.resolve(void calls.push(`drop ${args.join(" ")}`)),
      pass: (to) => Promise.resolve(void calls.push(`pass ${to}`)),
    },
    observer: {
      settled: (nodes) => Promise.resolve(void calls.push(`settled ${nodes.join()}`)),
      restarted: (node) => Promise.resolve(void calls.push(`restarted ${node}`)),
    },
  }, ["node-1", "node-2", "node-3"]);
  return { stage, calls, clock };
}

async function finished<T>(clock: FakeClock, playing: Promise<T>): Promise<T> {
  playing.catch(() => {});
  await clock.advance(60_000);
  return await playing;
}

Deno.test("Stage cuts a link while it is looked at, and knows when", async () => {
  const { stage, calls, clock } = fakeStage();
  const playing = stage.play({ kind: "cut", nodes: ["node-1", "node-3"] }, () => {
    calls.push("look");
    return Promise.resolve("what was seen");
  });
  const { windows, seen } = await finished(clock, playing);
  assert.equal(seen, "what was seen");
  assert.deepEqual(calls.slice(0, 3), ["cut 1 3", "look", "heal"]);
  assert.deepEqual(windows, [{
    nodes: ["node-1", "node-3"],
    share: 1,
    begin: { earliestSeconds: 0, latestSeconds: 0.1 },
    end: { earliestSeconds: 0.1, latestSeconds: 0.2 },
  }]);
});

Deno.test("Stage drops long packets until they are looked at, and no probe may be lost of it", async () => {
  const { stage, calls, clock } = fakeStage();
  const looksMs: number[] = [];
  const playing = stage.play({ kind: "mtu", nodes: ["node-1", "node-3"] }, () => {
    looksMs.push(clock.monotonicMs());
    calls.push("look");
    return Promise.resolve();
  });
  const { windows } = await finished(clock, playing);
  assert.deepEqual(calls, ["drop node-1 node-3 1400", "look", "pass node-1"]);
  assert.deepEqual(looksMs, [blackHoleSeconds * 1000]);
  assert.deepEqual(windows, []);
});

Deno.test("Stage mends a link also when looking fails", async () => {
  const { stage, calls, clock } = fakeStage();
  const look = () => Promise.reject(new Error("Blind"));
  const playing = stage.play({ kind: "lossy", nodes: ["node-1", "node-3"] }, look);
  await assert.rejects(finished(clock, playing), /Blind/);
  assert.deepEqual(calls, ["loss 1 3 30", "heal"]);
});

Deno.test("Stage lets a link flap, each time a window of its own", async () => {
  const { stage, clock } = fakeStage();
  const playing = stage.play(
    { kind: "flap", nodes: ["node-1", "node-2"] },
    () => Promise.resolve(),
  );
  const { windows } = await finished(clock, playing);
  assert.equal(windows.length, flaps);
  for (const { begin, end } of windows) {
    assert.ok(Math.abs(end.earliestSeconds - begin.latestSeconds - flapSeconds) < 0.01);
  }
});

Deno.test("Stage takes network, kubelet and agent from a node that dies, and gives them back", async () => {
  const { stage, calls, clock } = fakeStage();
  const playing = stage.play({ kind: "die", node: "node-2" }, () => {
    calls.push("look");
    return Promise.resolve();
  });
  const { windows } = await finished(clock, playing);
  const kill = ["isolate 2", "on-node 2 sh -c STOP", "on-node 2 sh -c KILL"];
  assert.deepEqual(calls.slice(0, 6), [...kill, "look", "heal", "on-node 2 sh -c CONT"]);
  assert.equal(calls.at(-1), "restarted node-2");
  assert.deepEqual(windows.map(({ nodes }) => nodes), [["node-2"]]);
});

Deno.test("Stage knows its nodes", async () => {
  const { stage, calls, clock } = fakeStage();
  const look = () => Promise.resolve();
  await finished(clock, stage.play({ kind: "join", node: "node-9" }, look));
  await finished(clock, stage.play({ kind: "leave", node: "node-1" }, look));
  assert.deepEqual(stage.nodes, ["node-2", "node-3", "node-9"]);
  assert.ok(calls.includes("settled node-1,node-2,node-3,node-9"));
  assert.ok(calls.includes("settled node-2,node-3,node-9"));
  const broken = fakeStage("add-node");
  await assert.rejects(
    finished(broken.clock, broken.stage.play({ kind: "join", node: "node-9" }, look)),
  );
  assert.equal(broken.stage.nodes.length, 3);
});
