import assert from "node:assert/strict";
import { agentsAtUrls } from "../../src/mesh/agents.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { agentsReader, LiveMesh } from "../../src/ui/live_mesh.ts";
import { FakeAgents } from "../fakes/agents.ts";

const intervalMs = 1000;

Deno.test("a dark node, whose agent never answers, is named within four readings, each of which it holds up for 2 s", async () => {
  using agents = new FakeAgents({ nodes: 6, peers: 5, zones: 1 });
  const ended = new AbortController();
  const signal = AbortSignal.any([ended.signal, AbortSignal.timeout(60_000)]);
  let readings = 0;
  let titles: readonly string[] = [];
  const live = new LiveMesh({
    read: agentsReader(() => Promise.resolve(agentsAtUrls(agents.urls)), systemClock),
    ...{ title: "test", intervalMs, clock: systemClock, warn: assert.fail },
    send: () => {
      readings++;
      titles = JSON.parse(live.json() ?? "{}").verdicts.map((one: { title: string }) => one.title);
      const isDark = agents.dark.size > 0;
      if (readings === 3) {
        agents.dark.add(2);
        agents.loss = (source, destination) => source === 2 || destination === 2 ? 1 : 0;
      }
      if (isDark && titles.length > 0 || readings === 12) ended.abort();
    },
  });
  const startMs = performance.now();
  await live.run(signal);
  assert.deepEqual(titles, ["Node node-3"]);
  assert.ok(readings <= 3 + 4, `${readings} readings`);
  // Each reading waits 2 s for the agent, not the 5 s after which it is given up.
  const seconds = (performance.now() - startMs) / 1000;
  assert.ok(seconds < 3 + 4 * 3.5, `${seconds} s`);
});
