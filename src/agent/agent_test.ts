import assert from "node:assert/strict";
import { unready } from "./agent.ts";
import { AgentStatus } from "../metrics/agent_status.ts";

const often = { periodMs: 500, timeoutMs: 1000 };
const seldom = { periodMs: 60_000, timeoutMs: 1000 };

function statusWith(changes: Partial<AgentStatus>): AgentStatus {
  return Object.assign(new AgentStatus(), changes);
}

Deno.test("unready waits for a list, and for outcomes where there is anything to probe", () => {
  assert.match(unready(new AgentStatus(), often, 0) ?? "", /No node list/);
  assert.equal(unready(statusWith({ listLoaded: true }), often, 0), undefined);
  const status = statusWith({ listLoaded: true, targets: 1 });
  assert.match(unready(status, often, 0) ?? "", /No outcome/);
  status.latestOutcomeMs = 1000;
  assert.equal(unready(status, often, 10_999), undefined);
  assert.match(unready(status, often, 11_000) ?? "", /No outcome/);
});

Deno.test("unready gives a long period the time that lies between two outcomes", () => {
  const status = statusWith({ listLoaded: true, targets: 1, latestOutcomeMs: 0 });
  assert.equal(unready(status, seldom, 61_000), undefined);
  assert.match(unready(status, seldom, 121_000) ?? "", /No outcome/);
});
