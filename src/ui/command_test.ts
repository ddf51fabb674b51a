import assert from "node:assert/strict";
import type { SourceReport } from "../mesh/source_report.ts";
import { growing } from "./command.ts";

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
