import assert from "node:assert/strict";
import type { PageData, PagePairs } from "../../src/matrix/html.ts";
import { changesBetween, withChanges } from "../../src/ui/page/changes.ts";
import { makeRandom } from "../fakes/random.ts";

function pairsOf(count: number, value: (place: number) => number): PagePairs {
  const column = Array.from({ length: count }, (_, place) => value(place));
  return {
    ...{ source: column, destination: column, address: column },
    ...{ sent: column, lost: column.map(() => 0), rttMicros: column, mtuBytes: column },
  };
}

function dataAt(at: number, pairs: PagePairs, more: Partial<PageData> = {}): PageData {
  return {
    ...{ at, title: "Mesh", nodes: [{ name: "a" }], targets: [], addresses: ["10.0.0.1"] },
    ...{ pairs, externals: pairsOf(0, Number), verdicts: [], allClear: "", problems: [] },
    ...{ unmeasured: [], isUnknown: false },
    ...{ history: [], moments: [at], ...more },
  };
}

/** As the page gets it. */
const sent = <Value>(value: Value): Value => JSON.parse(JSON.stringify(value));

Deno.test("changesBetween() names nothing but what changed", () => {
  const before = dataAt(1, pairsOf(100, Number));
  const lost = before.pairs.lost.with(7, 3).with(90, 1);
  const after = dataAt(2, { ...before.pairs, lost, sent: before.pairs.sent.map((n) => n + 1) });
  assert.deepEqual(sent(changesBetween(before, after)), {
    from: 1,
    fields: { at: 2, moments: [2] },
    pairs: { sent: after.pairs.sent, lost: { places: [7, 90], values: [3, 1] } },
    externals: {},
  });
  assert.deepEqual(withChanges(before, sent(changesBetween(before, after))), after);
  assert.equal(before.pairs.lost[7], 0, "the reading before stays as it was");
});

Deno.test("changesBetween() of a reading and itself is nothing", () => {
  const data = dataAt(1, pairsOf(3, Number));
  const changes = changesBetween(data, data);
  assert.deepEqual(changes, { from: 1, fields: {}, pairs: {}, externals: {} });
});

Deno.test("withChanges() makes of each reading the next, whatever came and went", () => {
  const random = makeRandom(7);
  const below = (bound: number) => Math.floor(random() * bound);
  let before = dataAt(0, pairsOf(20, () => below(9)));
  for (let at = 1; at < 300; at++) {
    const size = below(4) === 0 ? below(30) : before.pairs.sent.length;
    const pairs = below(2) === 0 || size !== before.pairs.sent.length
      ? pairsOf(size, () => below(9))
      : { ...before.pairs, rttMicros: before.pairs.rttMicros.map((n) => below(5) ? n : below(9)) };
    const after = dataAt(at, pairs, {
      externals: pairsOf(below(3), () => below(3)),
      problems: below(3) === 0 ? ["one"] : [],
      nodes: [{ name: "a", ...(below(2) === 0 ? { noData: "no answer" } : {}) }],
    });
    assert.deepEqual(withChanges(before, sent(changesBetween(before, after))), after);
    before = after;
  }
});
