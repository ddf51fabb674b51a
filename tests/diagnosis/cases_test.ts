import assert from "node:assert/strict";
import { diagnose } from "../../src/diagnosis/diagnose.ts";
import { namesOf } from "../../src/diagnosis/report.ts";
import { diagnosisCases } from "../cases/cases.ts";
import { caseMesh } from "../cases/cluster.ts";
import { sampledCases } from "../cases/sampled_cases.ts";

const cases = [...diagnosisCases, ...sampledCases(300, 16), ...sampledCases(300, 64)];

Deno.test(`diagnose() names what each of ${cases.length} shared cases expects, and nothing else`, () => {
  for (const one of cases) {
    const { verdicts } = diagnose(caseMesh(one)).report;
    const found = verdicts.map((verdict) => ({
      kind: verdict.kind,
      who: namesOf(verdict),
    }));
    const expected = one.expected.map(({ kind, who }) => ({ kind, who }));
    const order = (one: { kind: string; who: readonly string[] }) => `${one.kind} ${one.who}`;
    const sorted = (list: typeof found) =>
      list.toSorted((a, b) => order(a).localeCompare(order(b)));
    assert.deepEqual(sorted(found), sorted(expected), one.name);
    for (const { kind, who, loss, oneWay } of one.expected) {
      const verdict = verdicts.find((found) =>
        found.kind === kind &&
        namesOf(found).join() === who.join()
      );
      assert.ok(Math.abs((verdict?.loss ?? 0) - loss) <= loss / 5, `${one.name}: ${verdict?.loss}`);
      assert.deepEqual(verdict?.kind === "link" ? verdict.oneWay : undefined, oneWay, one.name);
    }
  }
});
