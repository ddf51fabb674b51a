import assert from "node:assert/strict";
import { isLabelText, isNodeName, parseAddress } from "./address.ts";

Deno.test("parseAddress() reads addresses in canonical text", () => {
  assert.deepEqual(parseAddress("10.0.0.1"), { kind: "ip", text: "10.0.0.1", family: 4 });
  assert.deepEqual(parseAddress("FD00:0:0::01"), { kind: "ip", text: "fd00::1", family: 6 });
  for (const mapped of ["::ffff:10.0.200.1", "0:0:0:0:0:FFFF:a00:c801"]) {
    assert.deepEqual(parseAddress(mapped), { kind: "ip", text: "10.0.200.1", family: 4 });
  }
  assert.equal(parseAddress("::ffff:0:a00:1")?.text, "::ffff:0:a00:1");
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

Deno.test("parseAddress() refuses what is no single node's", () => {
  const nobodys = ["0.0.0.0", "0.1.2.3", "224.0.0.1", "239.255.255.250", "255.255.255.255"];
  for (
    const text of [...nobodys, "::", "0:0::0", "ff02::1", "::ffff:224.0.0.1", "::ffff:0.0.0.0"]
  ) {
    assert.equal(parseAddress(text), undefined, text);
  }
  for (const text of ["127.0.0.1", "169.254.1.1", "223.255.255.255", "::1", "fe80::1"]) {
    assert.equal(parseAddress(text)?.text, text);
  }
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
