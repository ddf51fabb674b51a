import assert from "node:assert/strict";
import { echoReply, icmpError, parseEchoRequest } from "./packet.ts";

// An echo request written by hand: 10.77.0.1 > 10.77.0.2, id 0x1234, seq 7, 4 bytes of data.
function request4(): Uint8Array {
  return Uint8Array.fromHex("4500002000004000400126310a4d00010a4d000208005d97123400072a2a2a2a");
}

function sum(bytes: Uint8Array): number {
  let total = 0;
  for (let at = 0; at < bytes.length; at += 2) total += (bytes[at]! << 8) + (bytes[at + 1] ?? 0);
  while (total > 0xffff) total = (total & 0xffff) + (total >>> 16);
  return total;
}

Deno.test("parseEchoRequest() reads addresses, identifier and sequence", () => {
  const request = parseEchoRequest(request4());
  assert.ok(request);
  assert.deepEqual(
    { ...request, packet: undefined },
    {
      family: 4,
      source: "10.77.0.1",
      destination: "10.77.0.2",
      id: 0x1234,
      sequence: 7,
      packet: undefined,
    },
  );
});

Deno.test("parseEchoRequest() passes over a reply and a fragment of a header", () => {
  const request = parseEchoRequest(request4());
  assert.ok(request);
  assert.equal(parseEchoRequest(echoReply(request)), undefined);
  assert.equal(parseEchoRequest(request4().subarray(0, 24)), undefined);
  assert.equal(parseEchoRequest(new Uint8Array()), undefined);
});

Deno.test("echoReply() turns the addresses round and has right checksums", () => {
  const request = parseEchoRequest(request4());
  assert.ok(request);
  const reply = echoReply(request);
  assert.equal(reply.subarray(12, 20).toHex(), "0a4d00020a4d0001");
  assert.equal(sum(reply.subarray(0, 20)), 0xffff);
  assert.equal(sum(reply.subarray(20)), 0xffff);
  assert.equal(echoReply(request, "10.77.0.9").subarray(12, 16).toHex(), "0a4d0009");
});

Deno.test("icmpError() quotes the request", () => {
  const request = parseEchoRequest(request4());
  assert.ok(request);
  const error = icmpError(request, "admin_prohibited", "10.77.9.9");
  assert.deepEqual([...error.subarray(20, 22)], [3, 13]);
  assert.equal(error.subarray(28).toHex(), request4().toHex());
  assert.equal(sum(error.subarray(20)), 0xffff);
});
