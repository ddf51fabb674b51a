/** The permissions that are baked into the image's program, tried on the source. @module */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { parseAddress } from "../src/nodes/address.ts";
import { run, spawnProcess } from "../src/platform/process.ts";
import type { Finished } from "../src/platform/process.ts";
import { imagePermissions } from "../tasks/build.ts";

const main = fileURLToPath(new URL("../main.ts", import.meta.url));

/** Runs `nodeping ARGS` as the image may, for three seconds; it may read one more directory. */
function nodeping(args: readonly string[], readable?: string): Promise<Finished> {
  const deno = [Deno.execPath(), "run", "--quiet", "--no-prompt", "--no-check"];
  const permissions = imagePermissions.map((flag) =>
    readable !== undefined && flag.startsWith("--allow-read=") ? `${flag},${readable}` : flag
  );
  return run(spawnProcess, {
    command: "timeout",
    args: ["--signal=TERM", "3", ...deno, ...permissions, main, ...args],
    env: { MY_NODE_NAME: "node-1" },
  });
}

async function inDirectory(body: (directory: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "np-permissions-" });
  try {
    await body(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

const agent = ["agent", "--listen=127.0.0.1:0", "--textfile-dir=off"];

Deno.test("the image's program reads no other node list than /config's", async () => {
  const { code, stderr } = await nodeping([...agent, "--check-config", "--config=/etc/passwd"]);
  assert.equal(code, 2);
  assert.match(stderr, /NotCapable: Requires read access to "\/etc\//);
});

Deno.test("the agent gives up the service account, which only the sync in the cluster reads", async () => {
  const mount = "/var/run/secrets/kubernetes.io/serviceaccount";
  assert.ok(
    imagePermissions.some((flag) => flag.includes(mount)),
    "the program itself may read it",
  );
  const { code, stderr } = await nodeping([...agent, "--check-config", `--config=${mount}/token`]);
  assert.equal(code, 2);
  assert.match(stderr, /NotCapable: Requires read access to "\/var\/run\/secrets\//);
});

Deno.test("the image's program reads the interfaces of its machine", async () => {
  await inDirectory(async (directory) => {
    const list = `${directory}/nodes.json`;
    const addresses = Deno.networkInterfaces().map(({ address }) => address);
    const own = addresses.find((text) => parseAddress(text) !== undefined) ?? "192.0.2.2";
    await Deno.writeTextFile(list, JSON.stringify([{ name: "node-2", ipAddress: own }]));
    const { stderr } = await nodeping([...agent, `--config=${list}`], directory);
    assert.doesNotMatch(stderr, /Cannot read the interfaces/);
    if (own !== "192.0.2.2") assert.match(stderr, /has an address of this machine/);
  });
});

Deno.test("the image's program starts no other program than fping", async () => {
  await inDirectory(async (directory) => {
    const list = `${directory}/nodes.json`;
    await Deno.writeTextFile(list, '[{"name": "node-2", "ipAddress": "192.0.2.2"}]');
    const { stderr } = await nodeping([...agent, `--config=${list}`, "--fping=/bin/sh"], directory);
    assert.match(
      stderr,
      /Cannot start fping.*NotCapable: Requires run access to \\"\/bin\/sh\\"/,
    );
  });
});

Deno.test("the image's program writes no other directory than the textfiles'", async () => {
  await inDirectory(async (directory) => {
    const { stderr } = await nodeping(["agent", "--listen=off", `--textfile-dir=${directory}`]);
    assert.match(stderr, /Cannot write the textfile: .*NotCapable: Requires (read|write) access/);
    assert.deepEqual([...Deno.readDirSync(directory)], []);
  });
});
