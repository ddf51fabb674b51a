import assert from "node:assert/strict";
import { FakeSpawn } from "../../tests/fakes/spawn.ts";
import { detectFping } from "./features.ts";

const never = new AbortController().signal;

/** An fping that answers --version and --help with these texts. */
function fpingSaying(version: string, help: string): FakeSpawn {
  return new FakeSpawn((child) => {
    child.print(child.request.args[0] === "--version" ? version : help);
    child.exit(0);
  });
}

Deno.test("detectFping() reads version and features of fping 5.1 and 5.5", async () => {
  const old = fpingSaying("fping: Version 5.1\nfping: comments to x\n", "Usage: fping [options]");
  assert.deepEqual(await detectFping(old.spawn, "/fping", never), {
    version: "5.1",
    checkSource: false,
  });
  assert.deepEqual(old.children.map(({ request }) => request.args), [["--version"], ["--help"]]);
  const recent = fpingSaying(
    "/usr/bin/fping: Version 5.5\n",
    "       --check-source   discard replies not from target address\n",
  );
  assert.deepEqual(await detectFping(recent.spawn, "/fping", never), {
    version: "5.5",
    checkSource: true,
  });
});

Deno.test("detectFping() says what a program printed that is no fping", async () => {
  const { spawn } = fpingSaying("hello\n", "");
  await assert.rejects(detectFping(spawn, "/bin/echo", never), {
    message: 'Cannot find a version in what "/bin/echo --version" prints: "hello"',
  });
});

Deno.test("detectFping() rejects when fping is missing, and when its signal is aborted", async () => {
  const { spawn } = new FakeSpawn(() => {
    throw new Deno.errors.NotFound("no fping");
  });
  await assert.rejects(detectFping(spawn, "/fping", never), Deno.errors.NotFound);
  const reason = new Error("SIGTERM");
  await assert.rejects(detectFping(spawn, "/fping", AbortSignal.abort(reason)), /SIGTERM/);
});
