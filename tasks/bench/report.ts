/** What the numbers were taken on, and the tables that they are printed in. @module */

import { detectFping } from "../../src/fping/arguments.ts";
import { spawnProcess } from "../../src/platform/process.ts";
import { version } from "../../src/version.ts";

/** Machine, versions and load, a line each. */
export async function describeMachine(fpings: readonly string[]): Promise<string> {
  const cpu = /^model name\s*: (.*)$/m.exec(await Deno.readTextFile("/proc/cpuinfo"))?.[1];
  const kernel = (await Deno.readTextFile("/proc/sys/kernel/osrelease")).trim();
  const versions = await Promise.all(
    fpings.map(async (fping) =>
      (await detectFping(spawnProcess, fping, new AbortController().signal)).version
    ),
  );
  const measured = versions.length === 0 ? "" : `fping ${versions.join(" and ")}, `;
  return `  machine   ${navigator.hardwareConcurrency} x ${
    cpu ?? "unknown processor"
  }, Linux ${kernel}
  versions  nodeping ${version}, ${measured}deno ${Deno.version.deno} (bench)
  load      ${loadText()}
`;
}

/** The load averages of 1, 5 and 15 minutes. */
export function loadText(): string {
  return Deno.loadavg().map((load) => load.toFixed(2)).join(" ");
}

/** Aligns the cells: the first column to the left, the others, which are numbers, to the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => (row[column] ?? "").length))
  );
  const line = (cells: readonly string[]) =>
    `  ${
      cells.map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)
      ).join("  ")
    }`.trimEnd();
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)]
    .map((text) => `${text}\n`).join("");
}

/** A number with thousands apart. */
export function whole(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

/** Middle, smallest and largest: "1.21 (1.18-1.30)". */
export function spread(values: readonly number[], digits: number): string {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (place: number) => (sorted[Math.floor(place)] ?? NaN).toFixed(digits);
  return `${at((sorted.length - 1) / 2)} (${at(0)}-${at(sorted.length - 1)})`;
}

/** "yes" or "NO" for a figure that has a mark to reach. */
export function reached(isReached: boolean): string {
  return isReached ? "yes" : "NO";
}
