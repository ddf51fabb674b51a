/** Part "diagnosis": how long one verdict takes, for the live page and for a large mesh. @module */

import process from "node:process";
import { diagnose } from "../../src/diagnosis/diagnose.ts";
import type { VerdictKind } from "../../src/diagnosis/report.ts";
import { Random } from "../../tests/diagnosis/random.ts";
import { drawCluster, measure } from "../../tests/diagnosis/simulator.ts";
import type { Background } from "../../tests/diagnosis/simulator.ts";
import type { BenchDeps } from "./deps.ts";
import { table } from "./report.ts";

interface Case {
  readonly name: string;
  readonly size: number;
  readonly kinds: readonly VerdictKind[];
  readonly level?: number;
  readonly runs: number;
}

const cases: readonly Case[] = [
  { name: "all well", size: 40, kinds: [], runs: 20 },
  { name: "a lossy node", size: 40, kinds: ["node"], runs: 20 },
  {
    name: "a node and a path, 3 % on all pairs",
    size: 40,
    kinds: ["node", "path"],
    level: 0.03,
    runs: 20,
  },
  { name: "all well", size: 1000, kinds: [], runs: 2 },
  {
    name: "node, link, source and path",
    size: 1000,
    kinds: ["node", "link", "source", "path"],
    runs: 2,
  },
];

/** Prints processor time, the least of several runs: what one idle core needs. */
export function measureDiagnosis({ out }: BenchDeps): Promise<void> {
  const rows = cases.map(({ name, size, kinds, level, runs }) => {
    const random = new Random(7);
    const background: Background | undefined = level === undefined
      ? undefined
      : { inside: level, across: level, spread: 0.3 };
    const cluster = drawCluster(random, {
      ...{ size, degree: "full", kinds },
      ...(background ? { background } : {}),
    });
    const mesh = measure(random, cluster);
    let least = Infinity;
    for (let run = 0; run < runs; run++) {
      const before = process.cpuUsage();
      diagnose(mesh);
      const { user, system } = process.cpuUsage(before);
      least = Math.min(least, (user + system) / 1000);
    }
    return [`${size} x ${size}`, name, `${Math.round(least)} ms`];
  });
  out(`\nOne verdict, processor time\n${table(["pairs", "faults", "time"], rows)}`);
  return Promise.resolve();
}
