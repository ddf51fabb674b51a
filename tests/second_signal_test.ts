/** A command that hangs can be ended by a second Ctrl-C, which says what may be left behind. @module */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { abandonedText } from "../src/cli.ts";

const main = fileURLToPath(new URL("../main.ts", import.meta.url));

Deno.test("the first signal lets a command end, the second ends it at once", async () => {
  const directory = await Deno.makeTempDir({ prefix: "np-signal-" });
  try {
    // Nobody writes to this pipe, so that reading it never ends.
    await new Deno.Command("mkfifo", { args: [`${directory}/kubeconfig`] }).output();
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "-A", "--no-check", main, "matrix"],
      env: { KUBECONFIG: `${directory}/kubeconfig` },
      ...{ stdout: "null", stderr: "piped", stdin: "null" },
    }).spawn();
    let isOver = false;
    const ended = child.output().finally(() => isOver = true);
    const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
    await wait(3000);
    child.kill("SIGINT");
    await wait(500);
    assert.equal(isOver, false, "a command that hangs does not end by the first");
    child.kill("SIGINT");
    const { code, stderr } = await ended;
    assert.equal(code, 1);
    assert.equal(new TextDecoder().decode(stderr), "A second SIGINT: ended at once\n");
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("abandonedText() says what may be left behind, and what to do about it", () => {
  assert.match(abandonedText(["sync", "--watch"], "SIGINT"), /left behind: Helm.*"helm rollback"/);
  assert.match(abandonedText(["agent"], "SIGTERM"), /^A second SIGTERM: .*the textfile/);
  assert.equal(abandonedText([], "SIGINT"), "A second SIGINT: ended at once\n");
});
