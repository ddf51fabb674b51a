import assert from "node:assert/strict";
import type { Verdict } from "../../src/diagnosis/report.ts";
import { isNamed, sayVerdicts } from "./verdicts.ts";

const link: Verdict = { kind: "link", nodes: ["a", "b"], loss: 0.98, evidence: "" };
const node: Verdict = { kind: "node", nodes: ["a"], loss: 1, evidence: "" };

Deno.test("isNamed() asks for the fault and nothing else", () => {
  assert.ok(isNamed({ kind: "cut", nodes: ["b", "a"] }, [link]));
  assert.ok(!isNamed({ kind: "cut", nodes: ["b", "a"] }, [link, node]));
  assert.ok(!isNamed({ kind: "cut", nodes: ["b", "a"] }, []));
  assert.ok(!isNamed({ kind: "flap", nodes: ["a", "c"] }, [link]));
  assert.ok(isNamed({ kind: "die", node: "a" }, [node]));
  assert.ok(!isNamed({ kind: "isolate", node: "b" }, [node]));
  assert.ok(isNamed({ kind: "quiet" }, []));
  assert.ok(!isNamed({ kind: "join", node: "a" }, [node]));
});

Deno.test("isNamed() takes a node that left for gone or for dead", () => {
  assert.ok(isNamed({ kind: "leave", node: "a" }, []));
  assert.ok(isNamed({ kind: "leave", node: "a" }, [node]));
  assert.ok(!isNamed({ kind: "leave", node: "b" }, [node]));
});

Deno.test("sayVerdicts() is one line", () => {
  assert.equal(sayVerdicts([]), "no fault");
  assert.equal(sayVerdicts([link, node]), "link a - b (98 %), node a (100 %)");
  const zones: Verdict = { kind: "zone-pair", zones: ["x", "y"], loss: 0.1, evidence: "" };
  assert.equal(sayVerdicts([zones]), "zone-pair x - y (10 %)");
});
