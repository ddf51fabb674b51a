import assert from "node:assert/strict";
import { isNodeName, parseAddress } from "./address.ts";

Deno.test("parseAddress() reads addresses in canonical text", () => {
  assert.deepEqual(parseAddress("10.0.0.1"), { kind: "ip", text: "10.0.0.1", family: 4 });
  assert.deepEqual(parseAddress("FD00:0:0::01"), { kind: "ip", text: "fd00::1", family: 6 });
  assert.deepEqual(parseAddress("Node-1.Example"), { kind: "host", text: "node-1.example" });
});

Deno.test("parseAddress() refuses what is neither address nor host name", () => {
  const texts = ["", " ", "10.0.0.300", "010.0.0.1", "10.0.1", "1.2.3.4.5", "fe80::1%eth0", "a b"];
  for (
    const text of [...texts, "-l", "--help", "a..b", "a;b", "$(a)", "a\nb", "a/24", "x".repeat(300)]
  ) {
    assert.equal(parseAddress(text), undefined, JSON.stringify(text));
  }
});

Deno.test("isNodeName() keeps paths and flags out", () => {
  for (const name of ["node-1", "ip-10-0-0-1.ec2.internal", "Node_1"]) assert.ok(isNodeName(name));
  for (const name of ["", "-a", "a/b", "../a", ".a", "a b", "a\n", "é"]) {
    assert.ok(!isNodeName(name));
  }
});
