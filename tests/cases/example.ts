/**
 * The example directory that README and docs show: `deno run -A tests/cases/example.ts` writes it
 * anew. A test keeps it in step.
 *
 * @module
 */

import { caseNodes, linkLoss, nodeLoss } from "./cluster.ts";
import { caseTextfiles } from "./textfiles.ts";

/** Where it is, from the project's root. */
export const exampleDirectory = "examples/textfiles";

/** Six nodes in two zones: node-005 is dead, the link of node-001 and node-004 loses 30 %. */
export function exampleTextfiles(): ReadonlyMap<string, string> {
  return caseTextfiles({
    nodes: caseNodes(6, ["zone-a", "zone-b"]),
    losses: [...nodeLoss("node-005", 1), ...linkLoss("node-001", "node-004", 0.3)],
    silent: ["node-005"],
  });
}

if (import.meta.main) {
  await Deno.mkdir(exampleDirectory, { recursive: true });
  for (const [name, text] of exampleTextfiles()) {
    await Deno.writeTextFile(`${exampleDirectory}/${name}`, text);
  }
}
