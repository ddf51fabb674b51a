import assert from "node:assert/strict";
import { comparePairs, pairTable, rateSpread } from "./comparison.ts";
import type { Track } from "./expectation.ts";

function track(source: string, destination: string, sent: number, lost: number): Track {
  const stretch = { fromSeconds: 1000, toSeconds: 1100, sent, lost };
  return { source, destination, stretches: [stretch], wentBack: false };
}

const pace = { periodSeconds: 0.5, listChanges: 0 };
const cut = {
  nodes: ["a", "b"],
  share: 1,
  begin: { earliestSeconds: 1010, latestSeconds: 1010.2 },
  end: { earliestSeconds: 1020, latestSeconds: 1020.2 },
};

Deno.test("comparePairs() says of every pair of the nodes what does not agree", () => {
  const tracks = [
    track("a", "b", 200, 20),
    track("b", "a", 201, 3),
    track("a", "c", 180, 0),
    { ...track("c", "a", 199, 1), wentBack: true },
    track("b", "c", 200, 0),
    track("gone", "a", 0, 7),
  ];
  const pairs = comparePairs({ nodes: ["a", "b", "c"], tracks, windows: [cut], pace });
  assert.deepEqual(pairs.map((pair) => [pair.source, pair.destination, pair.problems]), [
    ["a", "b", []],
    ["a", "c", ["sent"]],
    ["b", "a", ["lost"]],
    ["b", "c", []],
    ["c", "a", ["a counter fell", "lost"]],
    ["c", "b", ["never seen"]],
  ]);
});

Deno.test("pairTable() and rateSpread() show the counts beside what they must be", () => {
  const tracks = [track("a", "b", 199, 20), track("b", "a", 201, 3)];
  const pairs = comparePairs({ nodes: ["a", "b"], tracks, windows: [cut], pace });
  assert.equal(
    pairTable(pairs),
    `  pair   watched s  sent  must be  lost  must be    agrees
  -----  ---------  ----  -------  ----  -------  --------
  a > b      100.0   199  195-204    20    17-23       yes
  b > a      100.0   201  195-204     3    17-23  NO: lost
`,
  );
  assert.equal(rateSpread(pairs, 0.5), "from -0.50 % to +0.50 %");
});
