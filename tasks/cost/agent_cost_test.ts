import assert from "node:assert/strict";
import { agentCost } from "./agent_cost.ts";
import type { AgentCase } from "./agent_cost.ts";

const agent: AgentCase = {
  destinations: 100,
  pairMetrics: "all",
  periodSeconds: 0.5,
  sizeBytes: 56,
  uptimeSeconds: 3600,
  rttSeconds: 0.0002,
  nodeName: "node-1",
  address: "10.0.0.1",
  zone: "a",
  zones: 1,
};

Deno.test("agentCost() has 16 series a pair, or 3, and 17 a zone", () => {
  const series = (more: Partial<AgentCase>) => agentCost({ ...agent, ...more }).series;
  assert.equal(series({ destinations: 101 }) - series({}), 16);
  assert.equal(series({ pairMetrics: "all" }) - series({ pairMetrics: "minimal" }), 100 * 13);
  assert.equal(series({ zones: 3 }) - series({}), 2 * 17);
});

Deno.test("agentCost() counts requests and replies of 98 bytes each way", () => {
  const { probesPerSecond, bitsPerSecond } = agentCost(agent);
  assert.equal(probesPerSecond, 200);
  assert.equal(bitsPerSecond, 2 * 200 * 98 * 8);
});

Deno.test("agentCost() has longer lines for longer names, and none for an unknown zone", () => {
  const bytes = (more: Partial<AgentCase>) => agentCost({ ...agent, ...more }).textfileBytes;
  const perLine = bytes({ address: "10.0.0.100" }) - bytes({});
  assert.equal(perLine, 2 * 100 * 16);
  const { zone: _, ...withoutZone } = agent;
  assert.ok(agentCost(withoutZone).textfileBytes < bytes({}));
  assert.equal(agentCost(withoutZone).series, agentCost(agent).series);
});
