import assert from "node:assert/strict";
import { ErrorOutput } from "./output.ts";

Deno.test("ErrorOutput reads ICMP errors by type", () => {
  const cases: readonly [string, string][] = [
    ["ICMP Host Unreachable", "host_unreachable"],
    ["ICMP Network Unreachable", "network_unreachable"],
    ["ICMP Unreachable (Communication Administratively Prohibited)", "prohibited"],
    ["ICMP Unreachable (Communication with Host Prohibited)", "prohibited"],
    ["ICMP Time Exceeded", "time_exceeded"],
    ["ICMP Parameter Problem", "other"],
  ];
  for (const [cause, type] of cases) {
    assert.deepEqual(
      new ErrorOutput().read(`${cause} from 10.77.0.1 for ICMP Echo sent to 10.77.0.9\n`),
      [{ kind: "icmp_error", type, target: "10.77.0.9" }],
    );
  }
});

Deno.test("ErrorOutput finds glued and split marks of foreign replies", () => {
  const output = new ErrorOutput();
  assert.deepEqual(output.read(" [<- 127.0.0.1] [<- 10.0."), [
    { kind: "wrong_source", address: "127.0.0.1" },
  ]);
  assert.deepEqual(
    output.read("0.2]ICMP Host Unreachable from 10.0.0.1 for ICMP Echo sent to 10.0.0.9\n"),
    [
      { kind: "wrong_source", address: "10.0.0.2" },
      { kind: "icmp_error", type: "host_unreachable", target: "10.0.0.9" },
    ],
  );
});

Deno.test("ErrorOutput keeps everything else as a message, also without a last line feed", () => {
  const output = new ErrorOutput();
  assert.deepEqual(output.read("fping: can't create socket (must run as root?)"), []);
  assert.deepEqual(output.end(), [
    { kind: "message", text: "fping: can't create socket (must run as root?)" },
  ]);
});
