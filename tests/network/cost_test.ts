/** The calculation behind docs/cost.md, against the textfile of a real agent. @module */

import assert from "node:assert/strict";
import { agentCost } from "../../tasks/cost/agent_cost.ts";
import { makeLaboratory, networkTest } from "./laboratory.ts";

const sent = "nodeping_probes_sent_total";
const pathMtu = "nodeping_path_mtu_bytes";

for (const destinations of [10, 50]) {
  for (const pairMetrics of ["all", "minimal"] as const) {
    networkTest(
      `${destinations} destinations cost what is calculated, ${pairMetrics}`,
      async (fping) => {
        const nodes = Array.from({ length: destinations + 1 }, (_, n) => ({
          name: `node-${100 + n}`,
          ipAddress: `10.77.0.${100 + n}`,
          zone: `zone-${n % 3}`,
        }));
        await using laboratory = await makeLaboratory({
          fping,
          nodes,
          node: "node-100",
          flags: ["--pair-metrics", pairMetrics, "--path-mtu-interval=1s"],
        });
        const samples = await laboratory.agent.waitFor(
          "ten probes of all, and their path MTUs",
          (now) =>
            now.select(sent).length > 0 && now.select(sent).every(({ value }) => value >= 10) &&
            now.select(pathMtu).length === (pairMetrics === "all" ? destinations : 0),
        );
        const bytes = await Deno.stat(laboratory.agent.textfile);
        const cost = agentCost({
          destinations,
          pairMetrics,
          periodSeconds: 0.5,
          sizeBytes: 56,
          uptimeSeconds: samples.sum(sent) / destinations * 0.5,
          rttSeconds: samples.sum("nodeping_rtt_seconds_total") / samples.sum(sent),
          nodeName: "node-100",
          address: "10.77.0.100",
          zone: "zone-0",
          zones: 3,
        });
        assert.equal(cost.series, samples.all.length);
        const ratio = cost.textfileBytes / bytes.size;
        assert.ok(Math.abs(ratio - 1) < 0.03, `${cost.textfileBytes} for ${bytes.size} bytes`);
      },
    );
  }
}
