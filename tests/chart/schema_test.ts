import assert from "node:assert/strict";
import { chart, runHelm, testWithHelms } from "./helm.ts";
import { refusedByApiServer } from "./refused_values.ts";

/** Values that would be accepted by the API server, and still do not do what they say. */
const refusedByChart: readonly (readonly [string, object, RegExp])[] = [
  ["unknown key", { nodeping: {} }, /'nodeping' not allowed/],
  ["unknown nested key", { nodePing: { intervall: "1s" } }, /'intervall' not allowed/],
  ["unknown mode", { mode: "privileged" }, /at '\/mode': value must be one of/],
  [
    "node without address",
    { nodePing: { nodes: [{ name: "n" }] } },
    /missing property 'ipAddress'/,
  ],
  [
    "node named true",
    { nodePing: { nodes: [{ name: true, ipAddress: "10.0.0.1" }] } },
    /got boolean/,
  ],
  ["mesh degree below the least", { nodePing: { meshDegree: 15 } }, /minimum: got 15, want 16/],
  ["no full mesh at all", { nodePing: { fullMeshLimit: 0 } }, /minimum: got 0, want 1/],
  ["unknown pair metrics", { nodePing: { pairMetrics: "few" } }, /'\/nodePing\/pairMetrics'/],
  ["unknown pacing", { nodePing: { pacing: "even" } }, /'\/nodePing\/pacing'/],
  ["period without unit", { nodePing: { period: "500" } }, /'\/nodePing\/period'/],
  ["path MTU interval of 0", { nodePing: { pathMtu: { interval: "0s" } } }, /'\/nodePing\/pathMtu/],
  ["path MTU of a switch", { nodePing: { pathMtu: true } }, /'\/nodePing\/pathMtu'/],
  ["no period", { nodePing: { period: "0s" } }, /'\/nodePing\/period'/],
  ["period below 10 ms", { nodePing: { period: "9ms" } }, /'\/nodePing\/period'/],
  ["no timeout", { nodePing: { timeout: "0ms" } }, /'\/nodePing\/timeout'/],
  ["timeout above 9 s", { nodePing: { timeout: "10s" } }, /'\/nodePing\/timeout'/],
  ["timeout above 9,000 ms", { nodePing: { timeout: "9001ms" } }, /'\/nodePing\/timeout'/],
  ["test of no time", { tests: { window: "999ms" } }, /'\/tests\/window'/],
  ["reserved variable", { extraEnv: [{ name: "MY_NODE_NAME", value: "x" }] }, /'not' failed/],
  ["label of the selector", { podLabels: { app: "x" } }, /propertyName 'app'|'not' failed/],
  ["directory upwards", { textfile: { hostPath: "/var/../etc" } }, /'\/textfile\/hostPath'/],
  ["port below 1024 without the capability", { port: 80 }, /'\/port'/],
  [
    "rollout that never moves",
    { updateStrategy: { rollingUpdate: { maxUnavailable: "0%" } } },
    /maxUnavailable/,
  ],
  [
    "loopback of a pod's own network",
    { loopbackOnly: true, mode: "restricted" },
    /'\/loopbackOnly'.*'\/mode'|'\/mode'.*'\/loopbackOnly'/s,
  ],
  [
    "PodMonitor of the loopback",
    { loopbackOnly: true, podMonitor: { enabled: true } },
    /'\/loopbackOnly'.*'\/podMonitor\/enabled'|'\/podMonitor\/enabled'.*'\/loopbackOnly'/s,
  ],
  [
    "rules over a range of nothing",
    { prometheusRule: { thresholds: { window: "0s" } } },
    /'\/prometheusRule\/thresholds\/window'/,
  ],
  [
    "agent that is missing for no time",
    { prometheusRule: { alerts: { agentMissing: { for: "0s" } } } },
    /'\/prometheusRule\/alerts\/agentMissing\/for'/,
  ],
  [
    "NetworkPolicy for the host network",
    { networkPolicy: { enabled: true } },
    /'\/mode'.*'\/networkPolicy\/enabled'|'\/networkPolicy\/enabled'.*'\/mode'/s,
  ],
];

testWithHelms("values that the chart cannot mean are refused by name", async (helm) => {
  for (const [name, values, message] of refusedByChart) {
    const result = await runHelm(helm, ["template", chart, "-f", "-"], JSON.stringify(values));
    assert.notEqual(result.code, 0, `${name} was accepted`);
    assert.match(result.stderr, message, name);
  }
});

testWithHelms("values that the API server would refuse are refused before", async (helm) => {
  for (const { name, values } of refusedByApiServer) {
    const result = await runHelm(helm, ["template", chart, "-f", "-"], JSON.stringify(values));
    assert.notEqual(result.code, 0, `${name} was accepted`);
    assert.match(result.stderr, /don't meet the specifications of the schema/, name);
  }
});

testWithHelms("a parent chart may keep its own things under global", async (helm) => {
  const values = JSON.stringify({ global: { cluster: "blue" } });
  const result = await runHelm(helm, ["template", chart, "-f", "-"], values);
  assert.equal(result.code, 0, result.stderr);
});
