import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { agentCommand } from "./command.ts";
import { agentHelp } from "./settings.ts";
import { runCommand } from "../../tests/fakes/deps.ts";

const ofNode = { MY_NODE_NAME: "node-1" };

/** A directory with a nodes.json, and a live one where given. */
async function withList(
  lists: { readonly base?: string; readonly live?: string },
  body: (path: string) => Promise<void>,
): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "np-config-" });
  try {
    await Deno.mkdir(`${directory}/live`);
    const { base, live } = lists;
    if (base !== undefined) await Deno.writeTextFile(`${directory}/nodes.json`, base);
    if (live !== undefined) await Deno.writeTextFile(`${directory}/live/nodes.json`, live);
    await body(`${directory}/nodes.json`);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

Deno.test("nodeping agent --help needs nothing else to be right", async () => {
  for (const args of [["--help"], ["-h", "--period=never"]]) {
    assert.deepEqual(await runCommand(agentCommand, args), { code: 0, out: agentHelp(), err: "" });
  }
});

Deno.test("nodeping agent ends with 2 and every problem of flags and variables, a line each", async () => {
  const args = ["--perid", "1s", "--size=big"];
  assert.deepEqual(await runCommand(agentCommand, args, {}), {
    code: 2,
    out: "",
    err: 'Unknown flag "--perid": see --help\n' +
      "The name of this node is missing: set MY_NODE_NAME or --node\n" +
      '--size is "big": write a number from 12 to 65488\n',
  });
});

Deno.test("nodeping agent --check-config says what a good list has, and its warnings", async () => {
  const base = JSON.stringify({
    cluster_targets: [
      { name: "a", ipAddress: "10.0.0.1" },
      { name: "b", ipAddress: "10.0.0.1" },
    ],
    external_targets: [{ host: "example.org" }],
  });
  await withList({ base }, async (path) => {
    const args = ["--check-config", "--config", path];
    assert.deepEqual(await runCommand(agentCommand, args, ofNode), {
      code: 0,
      out: "The configuration is valid: 2 addresses of nodes, 1 external\n",
      err: 'Warning: 10.0.0.1 is the address of "a" and "b": it is probed once, for each\n',
    });
  });
});

Deno.test("nodeping agent --check-config ends with 2 and every problem of the lists", async () => {
  const base = '[{"name": "a b", "ipAddress": "10.0.0.300"}]';
  await withList({ base, live: "{" }, async (path) => {
    const args = ["--check-config", "--config", path];
    const { code, out, err } = await runCommand(agentCommand, args, ofNode);
    assert.deepEqual([code, out], [2, ""]);
    const lines = err.split("\n");
    assert.deepEqual(lines.slice(0, 3), [
      "1 of 1 entries are invalid: the whole list is refused",
      'cluster_targets[0].name is "a b": write the name of a Kubernetes node',
      'cluster_targets[0].ipAddress is "10.0.0.300": write an IPv4 or IPv6 address, or a host name',
    ]);
    assert.match(lines[3] ?? "", /^Live list: Cannot read the node list as JSON: /);
  });
});

Deno.test("nodeping agent --check-config ends with 2 for entries that the agent would skip", async () => {
  const base = JSON.stringify([
    { name: "a", ipAddress: "10.0.0.1" },
    { name: "b", ipAddress: "127.0.1.1" },
  ]);
  await withList({ base }, async (path) => {
    const args = ["--check-config", "--config", path];
    assert.deepEqual(await runCommand(agentCommand, args, ofNode), {
      code: 2,
      out: "The agent would skip the entries above, and probe 1 addresses of nodes, 0 external\n",
      err: 'cluster_targets[1].ipAddress is "127.0.1.1", which no other node can have: loopback; ' +
        "write an address that the other nodes can reach\n",
    });
  });
});

Deno.test("nodeping agent --check-config names the file that cannot be read", async () => {
  await withList({}, async (path) => {
    const args = ["--check-config", "--config", path];
    const { code, err } = await runCommand(agentCommand, args, ofNode);
    assert.equal(code, 2);
    assert.ok(err.startsWith(`Cannot read the node list "${path}": NotFound: `), err);
  });
});

Deno.test("nodeping agent ends with 1 and what to do when its port is in use", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr;
  const listen = `127.0.0.1:${port}`;
  const args = ["--listen", listen, "--textfile-dir=off", "--config=/none/nodes.json"];
  const { code, err } = await runCommand(agentCommand, args, ofNode);
  assert.equal(code, 1);
  assert.match(err, new RegExp(`level=error msg="The agent failed" cause="Port ${port} is in use`));
});

Deno.test("nodeping agent whose port is in use leaves the textfile of the one that has it", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const directory = await Deno.makeTempDir({ prefix: "np-textfile-" });
  const textfile = `${directory}/node-ping_node-1.prom`;
  try {
    await Deno.writeTextFile(textfile, "nodeping_agent_measuring 1\n");
    const listen = `127.0.0.1:${taken.addr.port}`;
    const args = ["--listen", listen, "--textfile-dir", directory, "--config=/none/nodes.json"];
    assert.equal((await runCommand(agentCommand, args, ofNode)).code, 1);
    assert.equal(await exists(textfile), true);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("nodeping agent ends with 0 when its signal is aborted, and removes its textfile", async () => {
  const base = '[{"name": "b", "ipAddress": "10.0.0.2"}]';
  await withList({ base }, async (path) => {
    const directory = path.replace(/nodes\.json$/, "live");
    const controller = new AbortController();
    const args = ["--listen=off", "--textfile-dir", directory, "--config", path];
    const ended = runCommand(agentCommand, args, ofNode, { signal: controller.signal });
    const textfile = `${directory}/node-ping_node-1.prom`;
    const end = performance.now() + 5000;
    while (!await exists(textfile)) {
      assert.ok(performance.now() < end, "the textfile is written at once");
      await delay(10);
    }
    controller.abort(new Error("Received SIGTERM"));
    const { code, err } = await ended;
    assert.equal(code, 0);
    assert.match(
      err,
      /level=warn msg="This node is not in the node list yet: .*run helm nodeping sync"/,
    );
    assert.match(err, /^time=\S+ level=info msg="The agent starts" version=\S+ .*period_ms=500/);
    assert.match(err, /level=info msg=Stopped\n$/);
    assert.equal(await exists(textfile), false);
  });
});

Deno.test("nodeping agent ends with 0 when SIGTERM came before it began", async () => {
  const args = ["--listen=127.0.0.1:0", "--textfile-dir=off", "--config=/none/nodes.json"];
  const signal = AbortSignal.abort(new Error("Received SIGTERM"));
  const ended = runCommand(agentCommand, args, ofNode, { signal });
  const late = Promise.withResolvers<string>();
  const timer = setTimeout(late.resolve, 2000, "still runs");
  assert.deepEqual(await Promise.race([ended, late.promise]), { code: 0, out: "", err: "" });
  clearTimeout(timer);
});

Deno.test("nodeping agent does not drown its log in the problems of one list", async () => {
  const base = JSON.stringify(Array.from({ length: 10_000 }, () => ({ name: "a/b" })));
  const lines: string[] = [];
  await withList({ base }, async (path) => {
    const controller = new AbortController();
    const args = ["--listen=off", "--textfile-dir=off", "--config", path];
    const { err } = await runCommand(agentCommand, args, ofNode, {
      signal: controller.signal,
      err: (text) => {
        lines.push(text);
        if (text.includes("more: see")) controller.abort(new Error("The test ends"));
      },
    });
    assert.equal(err, "");
    const refusals = lines.filter((line) => line.includes("The node list is invalid"));
    assert.equal(refusals.length, 21);
    assert.match(refusals.at(-1) ?? "", /problem="and 19981 more: see --check-config"\n$/);
  });
});

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
