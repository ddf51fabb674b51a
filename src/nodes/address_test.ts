import assert from "node:assert/strict";
import { isLabelText, isNodeName, parseAddress, readAddress } from "./address.ts";
import { addressCases } from "../../tests/cases/addresses.ts";

Deno.test("readAddress() reads what another node can have, and says why the rest is refused", () => {
  for (const { text, usable, family, refused } of addressCases) {
    const expected = refused === undefined
      ? family === undefined ? { kind: "host", text: usable } : { kind: "ip", text: usable, family }
      : refused === "invalid"
      ? { kind: "invalid" }
      : { kind: "unusable", reason: refused };
    assert.deepEqual(readAddress(text), expected, JSON.stringify(text));
  }
});

Deno.test("parseAddress() lets through what can be probed alone", () => {
  for (const { text, usable } of addressCases) assert.equal(parseAddress(text)?.text, usable, text);
});

Deno.test("isNodeName() keeps paths and flags out", () => {
  for (const name of ["node-1", "ip-10-0-0-1.ec2.internal", "Node_1", "a".repeat(253)]) {
    assert.ok(isNodeName(name));
  }
  for (const name of ["", "-a", "a/b", "../a", ".a", "a b", "a\n", "é", "a".repeat(254)]) {
    assert.ok(!isNodeName(name));
  }
});

Deno.test("isLabelText() lets through what people write and refuses what cannot be shown", () => {
  for (const text of ["rack 7", 'a "quoted" \\ back', "süd ☃ 🜚", "x".repeat(253)]) {
    assert.ok(isLabelText(text), text);
  }
  const refused = ["", " \t", "a\nb", "\0", "\u007f", "\u0085", "half \ud800", "x".repeat(254)];
  for (const text of refused) assert.ok(!isLabelText(text), JSON.stringify(text));
});
