import assert from "node:assert/strict";
import { runCli } from "../../src/cli.ts";
import type { ProgramDeps } from "../../src/platform/process.ts";
import { exampleDirectory, exampleTextfiles } from "../cases/example.ts";
import { runCommand } from "../fakes/deps.ts";

const matrix = (args: readonly string[], more: Partial<ProgramDeps> = {}) =>
  runCommand(runCli, ["matrix", ...args], { COLUMNS: "80" }, more);

Deno.test("nodeping matrix draws the example without colours where there is no terminal", async () => {
  const { code, out, err } = await matrix(["--textfiles", exampleDirectory]);
  assert.deepEqual([code, err], [0, ""]);
  assert.match(out, /^1 node-001 +· +all +· +30 +·$/m);
  assert.ok(!out.includes("\x1b"));
});

Deno.test("nodeping matrix gives JSON, CSV and a page", async () => {
  const json = await matrix(["--textfiles", exampleDirectory, "--output", "json"]);
  assert.equal(JSON.parse(json.out).pairs.length, 25);
  const csv = await matrix(["--textfiles", exampleDirectory, "--output=csv"]);
  assert.equal(csv.out.split("\r\n").length, 27);
  const html = await matrix(["--textfiles", exampleDirectory, "--output=html"]);
  assert.match(html.out, /^<!DOCTYPE html>/);
});

Deno.test("nodeping matrix says in its page, too, what agents say is wrong with themselves", async () => {
  const directory = await Deno.makeTempDir();
  try {
    for (const [name, text] of exampleTextfiles()) {
      const unlisted = 'nodeping_agent_in_node_list{source_node="node-003"} 0\n';
      const more = name.includes("node-003") ? unlisted : "";
      await Deno.writeTextFile(`${directory}/${name}`, text + more);
    }
    const { out, err } = await matrix(["--textfiles", directory, "--output=html"]);
    assert.match(err, /^Not in the node list/m);
    assert.match(out, /<noscript>.*<li>Not in the node list.*<\/noscript>/);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("nodeping matrix says that --interval alone does nothing", async () => {
  const { code, err } = await matrix(["--textfiles=x", "--interval=1s"]);
  assert.deepEqual([code, err], [2, "--interval needs --watch\n"]);
});

Deno.test("nodeping matrix --watch draws again and again until it is ended, exit 0", async () => {
  const controller = new AbortController();
  let drawings = 0;
  const args = ["--textfiles", exampleDirectory, "--watch", "--interval", "100ms"];
  let shown = "";
  const out = (text: string) => {
    shown += text;
    if (text.includes("node-001") && ++drawings === 3) controller.abort();
  };
  const { code } = await matrix(args, { out, signal: controller.signal });
  assert.equal(code, 0);
  assert.equal(shown.split(/^1 node-001 /m).length, 4);
  assert.ok(!shown.includes("\x1b"), "no control characters where there is no terminal");
});

Deno.test("nodeping matrix names every wrong flag", async () => {
  const args = ["--show=all", "--interval=1", "--watch", "--output=csv", "np", "--textfiles=x"];
  const { code, err } = await matrix(args);
  assert.equal(code, 2);
  for (
    const part of ["--show", "--interval", "--watch draws text", "--textfiles takes no RELEASE"]
  ) {
    assert.ok(err.includes(part), `${part} in ${err}`);
  }
});
