/** The rules on a mesh of which each node probes a part. @module */

import { missingPrograms, needing } from "../needing.ts";
import { sampledCases } from "../cases/sampled_cases.ts";
import { runCases } from "./real_cases.ts";

const meshDegree = 16;
const cases = sampledCases(300, meshDegree);

/** What differs from a full mesh, 40 s each; all of them take five minutes. */
const chosen = Deno.env.has("NODEPING_ALL_CASES")
  ? cases
  : cases.filter(({ name }) => /single losses|one way|lossy zone pair/.test(name));

Deno.test({
  ...needing(
    "rules name the causes in a sampled mesh of 300 nodes",
    missingPrograms("prometheus"),
  ),
  fn: (test) => runCases(test, { nodes: cases[0]?.nodes ?? [], meshDegree }, chosen),
});
