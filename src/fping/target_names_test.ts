import assert from "node:assert/strict";
import { TargetNames } from "./target_names.ts";

const place = (names: TargetNames, name: string): number => {
  const bytes = new TextEncoder().encode(`[${name}]`);
  return names.find(bytes, 1, bytes.length - 1);
};

Deno.test("TargetNames.find() knows each of its names by its place, and no other", () => {
  const names = Array.from({ length: 3000 }, (_, i) => `10.${i % 7}.${i >> 8}.${i & 255}`);
  const known = new TargetNames([...names, "fd00::1"]);
  assert.equal(place(known, "fd00::1"), 3000);
  names.forEach((name, index) => assert.equal(place(known, name), index));
  for (const stranger of ["", "10", "10.0.0.1x", "10.9.9.9", "10.0.0.", "fd00::"]) {
    assert.equal(place(known, stranger), -1, stranger);
  }
});

Deno.test("TargetNames.find() tells names of one hash apart", () => {
  const [one, other] = ["Aa", "BB"];
  assert.deepEqual(["Aa", "BB", "CC"].map((name) => place(new TargetNames([one, other]), name)), [
    0,
    1,
    -1,
  ]);
  for (const names of [[], ["10.0.0.2"]]) {
    assert.equal(place(new TargetNames(names), "10.0.0.1"), -1);
  }
});
