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

Deno.test("reportText() says of a healthy mesh what would have been named", () => {
  const mesh = caseMesh({ nodes: caseNodes(20), losses: [], silent: [] });
  const text = (probes: number) => {
    const pairs = mesh.pairs.map((pair) => ({ ...pair, sent: probes, received: probes }));
    return reportText(diagnose({ ...mesh, pairs }), mesh);
  };
  assert.match(
    text(600),
    /^No fault found in 380 pairs, measured by 20 of 20 nodes\.\nA link that loses [\d.]+ % would have been named;/,
  );
  assert.match(text(1), /\nSo few probes were seen that not even a cut link would show: /);
});
