/**
 * The shared cases of large clusters, on a real Prometheus: promtool's unit tests evaluate no
 * query of more than 10,000 samples, and 100 nodes have 9,900 pairs.
 *
 * @module
 */

import { diagnosisCases } from "../cases/cases.ts";
import { caseNodes } from "../cases/cluster.ts";
import { missingPrograms, needing } from "../needing.ts";
import { runCases } from "./real_cases.ts";

const nodes = 100;
const cases = diagnosisCases.filter((one) => one.nodes.length === nodes);

/** One of each kind, and what only so many nodes can show; all of them take a quarter of an hour. */
const chosen = Deno.env.has("NODEPING_ALL_CASES")
  ? cases
  : cases.filter(({ name }) =>
    /single losses|lossy node whose|lossy source|limits ICMP|5 %|zone pair and a dead|filtered source and/
      .test(name)
  );

Deno.test({
  ...needing(
    "rules name the causes in a cluster of 100 nodes",
    missingPrograms("prometheus"),
  ),
  fn: (test) => runCases(test, { nodes: caseNodes(nodes, ["zone-a", "zone-b", "zone-c"]) }, chosen),
});
