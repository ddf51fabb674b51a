import assert from "node:assert/strict";
import settings from "../deno.json" with { type: "json" };
import { agentHelp } from "./agent/settings.ts";
import { runCli } from "./cli.ts";
import { runCommand } from "../tests/fakes/deps.ts";

Deno.test("runCli() shows its help when asked, and with exit code 2 when nothing is asked", async () => {
  const asked = await runCommand(runCli, ["--help"]);
  assert.equal(asked.code, 0);
  assert.match(asked.out, /^nodeping measures .*\n\nUsage: nodeping COMMAND \[flags\]\n/);
  assert.match(asked.out, /^ {2}agent +probe all other nodes/m);
  for (const word of ["help", "-h"]) assert.deepEqual(await runCommand(runCli, [word]), asked);
  assert.deepEqual(await runCommand(runCli, []), { ...asked, code: 2 });
});

Deno.test("runCli() prints the version of deno.json", async () => {
  for (const word of ["version", "--version"]) {
    assert.deepEqual(await runCommand(runCli, [word]), {
      code: 0,
      out: `nodeping ${settings.version}\n`,
      err: "",
    });
  }
});

Deno.test("runCli() names an unknown command, also one that objects inherit", async () => {
  for (const word of ["agnet", "toString", "__proto__", "--nodes"]) {
    const { code, out, err } = await runCommand(runCli, [word]);
    assert.deepEqual([code, out], [2, ""]);
    assert.ok(err.startsWith(`Unknown command "${word}"\n\nnodeping measures`), err);
  }
});

Deno.test("runCli() hands the rest of the arguments to the command", async () => {
  const { code, out } = await runCommand(runCli, ["agent", "--help"]);
  assert.deepEqual([code, out], [0, agentHelp()]);
});

Deno.test("every command has --help, as the usage says", async () => {
  for (const name of ["agent", "sync", "matrix", "diagnose", "completion", "version"]) {
    for (const flag of ["--help", "-h"]) {
      const { code, out, err } = await runCommand(runCli, [name, flag]);
      assert.deepEqual([code, err], [0, ""], name);
      assert.match(out, /^Usage: /m, name);
    }
  }
});

Deno.test("the help of ui says how often it reads, and that of diagnose that it reads twice", async () => {
  const ui = await runCommand(runCli, ["ui", "--help"]);
  assert.match(ui.out, /every --interval\nthrough the API server\. Needs/);
  assert.match(ui.out, /--window D +with --prometheus/);
  const diagnose = await runCommand(runCli, ["diagnose", "--help"]);
  assert.match(diagnose.out, /twice through the API server:\nwhat happened .* counts\. Needs/);
});
