import assert from "node:assert/strict";
import { caseMesh, caseNodes } from "../../tests/cases/cluster.ts";
import { diagnose } from "./diagnose.ts";
import { reportText } from "./report_text.ts";

function textWithSilent(count: number): string {
  const nodes = caseNodes(20);
  const silent = nodes.slice(0, count).map(({ name }) => name);
  const mesh = caseMesh({ nodes, losses: [], silent });
  return reportText(diagnose(mesh), mesh);
}

Deno.test("reportText() names ten silent sources, and counts the others", () => {
  assert.match(
    textWithSilent(13),
    /^Not heard of 13 of 20 sources:\n( {2}node-\d+: no answer\n){10} {2}and 3 more\n$/m,
  );
  assert.match(textWithSilent(10), / {2}node-010: no answer\n$/);
  assert.doesNotMatch(textWithSilent(0), /Not heard of/);
});
