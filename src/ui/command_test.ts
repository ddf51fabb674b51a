import assert from "node:assert/strict";
import type { SourceReport } from "../mesh/source_report.ts";
import type { PageData } from "../matrix/html.ts";
import { FakeClock } from "../../tests/fakes/clock.ts";
import { caseMesh, caseNodes } from "../../tests/cases/cluster.ts";
import { growing, meshReader } from "./command.ts";
import { LiveMesh } from "./live_mesh.ts";

Deno.test("textfiles that do not change are said to be no live mesh, until they change", async () => {
  let sent = 100;
  const read = growing(() => {
    const report: SourceReport = {
      ...{ source: "a", cordoned: [], measuring: true },
      totals: [{ destination: "b", address: "10.0.0.2", kind: "node", sent, received: sent }],
    };
    return Promise.resolve({ reports: [report], missing: [], problems: [] });
  }, "DIR");
  const { signal } = new AbortController();
  await read(signal);
  const refusal = /^Error: The textfiles in "DIR" do not change: .* --output html/;
  await assert.rejects(read(signal), refusal);
  await assert.rejects(read(signal), refusal);
  sent++;
  await read(signal);
  await read(signal);
});

Deno.test("the first window of a Prometheus is the first picture, and later ones add to it", async () => {
  const clock = new FakeClock(1_000_000);
  const mesh = caseMesh({ nodes: caseNodes(3), losses: [], silent: [] });
  const ended = new AbortController();
  const live = new LiveMesh({
    read: meshReader(() => Promise.resolve({ mesh, problems: [] }), "windows"),
    ...{ title: "test", intervalMs: 60_000, clock, warn: assert.fail, send: () => {} },
  });
  const running = live.run(ended.signal);
  await clock.advance(1000);
  const [{ sent = 0 } = {}] = mesh.pairs;
  const shown = () => JSON.parse(live.json() ?? "{}") as PageData;
  assert.deepEqual([...new Set(shown().pairs.sent)], [sent]);
  assert.equal(shown().windowSeconds, 60);
  await clock.advance(60_000);
  assert.deepEqual([...new Set(shown().pairs.sent)], [sent]);
  assert.equal(shown().moments.length, 2);
  ended.abort();
  await running;
});
