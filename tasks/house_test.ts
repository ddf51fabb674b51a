import assert from "node:assert/strict";
import { houseProblems, importsOf, misplacedIn } from "./house.ts";
import type { SourceFile } from "./house.ts";

function file(path: string, imports: readonly string[] = [], lines = 100): SourceFile {
  return { path, lines, imports, misplaced: [] };
}

Deno.test("houseProblems() finds nothing where each folder knows those before it", () => {
  const files = [
    file("cli.ts", ["flags.ts", "sync/command.ts"]),
    file("flags.ts"),
    file("nodes/address.ts", ["platform/clock.ts", "flags.ts"]),
    file("platform/clock.ts"),
    file("sync/command.ts", ["nodes/address.ts", "sync/release.ts"]),
    file("sync/release.ts"),
  ];
  assert.deepEqual(houseProblems(files), []);
});

Deno.test("houseProblems() holds the page to short files, too, but does not count them", () => {
  const pages = Array.from({ length: 100 }, (_, index) => file(`ui/page/part_${index}.tsx`));
  const long = file("matrix/style/theme.css", [], 401);
  assert.deepEqual(houseProblems([...pages, long]), [
    "matrix/style/theme.css has 401 lines: at most 400",
  ]);
});

Deno.test("houseProblems() names who imports what comes after it", () => {
  const files = [
    file("flags.ts", ["nodes/address.ts"]),
    file("nodes/address.ts", ["sync/command.ts", "unlisted/other.ts"]),
    file("sync/command.ts", ["cli.ts"]),
  ];
  assert.deepEqual(houseProblems(files), [
    "flags.ts imports nodes/address.ts, which comes after it",
    "nodes/address.ts imports sync/command.ts, which comes after it",
    "nodes/address.ts imports unlisted/other.ts, which comes after it",
    "sync/command.ts imports cli.ts, which comes after it",
  ]);
});

Deno.test("houseProblems() names each circle of imports once, wherever it is entered", () => {
  const files = [
    file("sync/a.ts", ["sync/b.ts"]),
    file("sync/b.ts", ["sync/c.ts"]),
    file("sync/c.ts", ["sync/a.ts", "sync/d.ts"]),
    file("sync/d.ts"),
  ];
  assert.deepEqual(houseProblems(files), [
    "A circle of imports: sync/a.ts -> sync/b.ts -> sync/c.ts -> sync/a.ts",
  ]);
});

Deno.test("houseProblems() bounds the number of files, and the lines of each", () => {
  const files = Array.from({ length: 90 }, (_, n) => file(`nodes/n${n}.ts`, [], 400));
  assert.deepEqual(houseProblems([...files, file("nodes/long.ts", [], 401)]), [
    "src has 91 files: at most 90",
    "nodes/long.ts has 401 lines: at most 400",
  ]);
});

Deno.test("importsOf() has imports of values and types, and re-exports, but not what is outside", () => {
  const text = `import { a } from "./a.ts";
import type {
  B,
} from "../nodes/b.ts";
import assert from "node:assert";
import * as c from "../c.ts";
export { d } from "./d.ts";
import json from "../../deno.json" with { type: "json" };
const late = await import("./late.ts");
`;
  assert.deepEqual(importsOf("sync/x.ts", text), ["sync/a.ts", "nodes/b.ts", "c.ts", "sync/d.ts"]);
});

Deno.test("misplacedIn() names what a file asks of the machine in place of the one that may", () => {
  const code = `/** As Deno.Command does. */
// Date.now() would step.
const child = new Deno.Command("fping");
await Deno.writeTextFile("a", Deno.env.get("A") ?? "");
`;
  assert.deepEqual(misplacedIn("fping/prober.ts", code), [
    "starts a process: that is for platform/process.ts alone",
    "changes a file: that is for platform/files.ts alone",
    "reads arguments or environment, or ends the program: that is for ../main.ts alone",
  ]);
  assert.deepEqual(misplacedIn("platform/process.ts", "new Deno.Command(request.command)"), []);
  assert.deepEqual(misplacedIn("output/http.ts", "const endMs = performance.now();"), [
    "reads a clock: that is for platform/clock.ts alone",
  ]);
});

Deno.test("houseProblems() passes on what is misplaced", () => {
  const [one] = [file("nodes/address.ts")];
  const misplaced = ["starts a process: that is for platform/process.ts alone"];
  assert.deepEqual(houseProblems([{ ...one, misplaced }]), [
    "nodes/address.ts starts a process: that is for platform/process.ts alone",
  ]);
});
