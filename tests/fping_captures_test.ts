/** The parser of fping's output against what fping 5.1 and 5.5 really printed. @module */

import assert from "node:assert/strict";
import { ErrorOutput, parseProbeLine } from "../src/fping/output.ts";
import type { ErrorNotice, ProbeLine } from "../src/fping/output.ts";
import { captureNames, readCapture } from "./testdata/fping_capture.ts";

const versions = ["5.1", "5.5"] as const;

/** The targets that lines name, in the order of their first. */
function targetsOf(stdout: string): readonly string[] {
  return [...new Set([...stdout.matchAll(/^\[\S+\] (\S+)/gm)].map(([, target = ""]) => target))];
}

function lines(name: string, version: "5.1" | "5.5"): ProbeLine[] {
  const { stdout } = readCapture(name, version);
  const places = new Map(targetsOf(stdout).map((target, place) => [target, place]));
  return stdout.split("\n").filter((line) => line !== "").map((line) => {
    const parsed = parseProbeLine(line, places);
    assert.ok(parsed, `${name}, fping ${version}: ${line}`);
    return parsed;
  });
}

/** Fed in pieces of `size` characters, as a pipe may deliver it. */
function notices(name: string, version: "5.1" | "5.5", size: number): ErrorNotice[] {
  const { stderr } = readCapture(name, version);
  const output = new ErrorOutput();
  const pieces = stderr.match(new RegExp(`[^]{1,${size}}`, "g")) ?? [];
  return [...pieces.flatMap((piece) => output.read(piece)), ...output.end()];
}

function count<T>(items: readonly T[]): Map<T, number> {
  const counts = new Map<T, number>();
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
  return counts;
}

for (const version of versions) {
  Deno.test(`every line of standard output of fping ${version} is read`, () => {
    for (const name of captureNames(version)) lines(name, version);
  });

  Deno.test(`a clock that steps back shows as such with fping ${version}`, () => {
    for (const name of ["clock-back-3s", "clock-back-400ms"]) {
      const steps = lines(name, version).filter(({ kind }) => kind === "clock_step");
      assert.deepEqual(steps.map(({ sequence }) => sequence), [2]);
    }
  });

  Deno.test(`a late reply is a timeout and nothing else with fping ${version}`, () => {
    const ofOne = lines("late", version).filter(({ sequence }) => sequence === 1);
    assert.deepEqual(ofOne.map(({ kind }) => kind), ["timeout"]);
  });

  Deno.test(`each ICMP error is counted once, by its type, with fping ${version}`, () => {
    for (const name of ["icmp-error", "icmp-error-router"]) {
      for (const size of [1, 7, 10_000]) {
        const errors = notices(name, version, size);
        const types = count(
          errors.map((error) => error.kind === "icmp_error" ? error.type : error),
        );
        assert.deepEqual(
          Object.fromEntries(types as Map<string, number>),
          {
            network_unreachable: 5,
            host_unreachable: 5,
            prohibited: 15,
            time_exceeded: 5,
            other: 15,
          },
        );
      }
    }
  });

  Deno.test(`marks of foreign replies glued to other lines are read with fping ${version}`, () => {
    for (const size of [1, 11, 10_000]) {
      const kinds = count(notices("stderr-glued", version, size).map(({ kind }) => kind));
      assert.deepEqual(kinds, new Map([["wrong_source", 5], ["icmp_error", 5]]));
    }
    const addresses = notices("wrong-source", version, 10).map((notice) =>
      notice.kind === "wrong_source" ? notice.address : notice.kind
    );
    assert.deepEqual(count(addresses), new Map([["10.77.0.99", 5], ["fd77::99", 5]]));
  });
}

Deno.test("ICMPv6 errors, which fping 5.5 prints in other words, are counted by their type", () => {
  const types = notices("icmp6-error", "5.5", 13).map((error) =>
    error.kind === "icmp_error" ? `${error.target} ${error.type}` : JSON.stringify(error)
  );
  assert.deepEqual(
    count(types),
    new Map([
      ["fd77::10 network_unreachable", 5],
      ["fd77::11 host_unreachable", 5],
      ["fd77::12 other", 5],
      ["fd77::13 prohibited", 5],
      ["fd77::14 prohibited", 5],
      ["fd77::15 prohibited", 5],
      ["fd77::16 other", 5],
      ["fd77::17 time_exceeded", 5],
      ["fd77::18 other", 5],
    ]),
  );
});
