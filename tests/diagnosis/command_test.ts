import assert from "node:assert/strict";
import { runCli } from "../../src/cli.ts";
import { exampleDirectory, exampleTextfiles } from "../cases/example.ts";
import { runCommand } from "../fakes/deps.ts";

const nodeping = (...args: readonly string[]) => runCommand(runCli, args);

/** Runs against a copy of the example that may be changed. */
async function withExample(run: (directory: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    for (const [name, text] of exampleTextfiles()) {
      await Deno.writeTextFile(`${directory}/${name}`, text);
    }
    await run(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

Deno.test("the shipped example is what tests/cases/example.ts writes", async () => {
  const files = [...Deno.readDirSync(exampleDirectory)].map((entry) => entry.name).sort();
  assert.deepEqual(files, [...exampleTextfiles().keys()].sort());
  for (const [name, text] of exampleTextfiles()) {
    assert.equal(await Deno.readTextFile(`${exampleDirectory}/${name}`), text);
  }
});

Deno.test("nodeping diagnose names the faults of the example, with evidence and next steps", async () => {
  const { code, out, err } = await nodeping("diagnose", "--textfiles", exampleDirectory);
  assert.equal(err, "");
  assert.equal(code, 0);
  assert.equal(
    out,
    `Node node-005 loses 100 %
  5 of the 5 nodes that probe node-005 lose 100 % of those probes, and no data came from its own agent.
  Next: Cordon and drain node-005, then check its network card, cable and switch port.

Link node-001 - node-004 loses 30 %
  node-001 loses 30 % of its probes of node-004, and node-004 30 % of its probes of node-001.
  Next: Check the path between node-001 and node-004: switch ports, cables, routes, tunnels, and filters for these two addresses; draining one of them only hides it.

2 causes found in 25 pairs, measured by 5 of 6 nodes.

No data from 1 of 6 sources:
  node-005: it has no textfile
`,
  );
});

Deno.test("nodeping diagnose --output json --exit-code gives the documented JSON and 3", async () => {
  const args = ["--textfiles", exampleDirectory, "--output", "json", "--exit-code"];
  const { code, out } = await nodeping("diagnose", ...args);
  assert.equal(code, 3);
  const { verdicts, sources, pairs } = JSON.parse(out);
  assert.deepEqual([sources, pairs], [5, 25]);
  assert.deepEqual(
    verdicts.map(({ kind, nodes, loss }: Record<string, unknown>) => [kind, nodes, loss]),
    [
      ["node", ["node-005"], 1],
      ["link", ["node-001", "node-004"], 0.3],
    ],
  );
});

Deno.test("nodeping diagnose --exit-code fails where a node does not measure", async () => {
  await withExample(async (directory) => {
    for (const [name, text] of exampleTextfiles()) {
      // Nothing is lost: what is left is the node without a textfile.
      const whole = text.replace(/^.*destination_node="node-005".*\n/gm, "")
        .replace(/(_received_total\{.*\}) \d+$/gm, "$1 600")
        .replace(/(_sent_total\{.*\}) \d+$/gm, "$1 600");
      await Deno.writeTextFile(`${directory}/${name}`, whole);
    }
    const args = ["diagnose", "--textfiles", directory, "--exit-code"];
    assert.equal((await nodeping(...args)).code, 0);
    await Deno.remove(`${directory}/node-ping_node-003.prom`);
    const { code, out } = await nodeping(...args);
    assert.deepEqual([code, out.split("\n")[0]], [
      1,
      "No fault found in 16 pairs, measured by 4 of 5 nodes.",
    ]);
  });
});

Deno.test("nodeping diagnose names a textfile that it cannot read and goes on", async () => {
  await withExample(async (directory) => {
    await Deno.writeTextFile(
      `${directory}/node-ping_node-002.prom`,
      "nodeping_probes_sent_total{ 1\n",
    );
    await Deno.writeTextFile(`${directory}/other.prom`, "apt_upgrades_pending 3\n");
    const { code, out, err } = await nodeping("diagnose", "--textfiles", directory);
    assert.equal(code, 0);
    assert.match(err, /Cannot read .*node-002\.prom: Line 1 is no sample/);
    assert.match(out, /No data from 2 of 6 sources/);
  });
});

Deno.test("nodeping diagnose takes a textfile that has stopped for a silent source", async () => {
  await withExample(async (directory) => {
    const path = `${directory}/node-ping_node-003.prom`;
    const text = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, text.replace(/(timestamp_seconds\{.*\}) \d+/, "$1 1767225000"));
    const { out } = await nodeping("diagnose", "--textfiles", directory);
    assert.match(out, /node-003: its last report is 600 s older than those of the others/);
  });
});

Deno.test("nodeping diagnose says whose textfile tells that its node is in nobody's list", async () => {
  await withExample(async (directory) => {
    for (const name of ["node-002", "node-003"]) {
      const path = `${directory}/node-ping_${name}.prom`;
      const unlisted = `nodeping_agent_in_node_list{source_node="${name}"} 0\n`;
      await Deno.writeTextFile(path, unlisted, { append: true });
    }
    // An agent that has stopped long ago is not asked: its node may have left.
    const path = `${directory}/node-ping_node-003.prom`;
    const text = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, text.replace(/(timestamp_seconds\{.*\}) \d+/, "$1 1767225000"));
    const { err } = await nodeping("diagnose", "--textfiles", directory);
    assert.equal(
      err,
      'Not in the node list, so that nobody probes them: "node-002": run helm nodeping sync\n',
    );
  });
});

Deno.test("nodeping diagnose says what is wrong with its flags, all at once", async () => {
  const { code, err } = await nodeping(
    ...["diagnose", "--window=soon", "--output=xml", "np", "more"],
    ...["--textfiles=x", "--prometheus=y"],
  );
  assert.equal(code, 2);
  for (const part of ["--window", "--output", "exclude each other", "np, more", "no RELEASE"]) {
    assert.ok(err.includes(part), `${part} in ${err}`);
  }
  assert.equal((await nodeping("diagnose", "--textfiles", "/nonexistent")).code, 1);
});

Deno.test("nodeping diagnose shows nothing of a hostile textfile that could steer a terminal", async () => {
  await withExample(async (directory) => {
    await Deno.writeTextFile(`${directory}/rubbish.prom`, "\x9b2J\x1b[2J\n");
    const label = 'destination_node="\x1b]0;title\x07"';
    const own = `${directory}/node-ping_node-002.prom`;
    const text = await Deno.readTextFile(own);
    await Deno.writeTextFile(own, text.replace('destination_node="node-001"', label));
    const { code, out, err } = await nodeping("diagnose", "--textfiles", directory);
    assert.equal(code, 0);
    assert.match(err, /rubbish\.prom.*Line 1/);
    assert.match(err, /The label destination_node of nodeping_\w+ is no name: \?\]0;title\?/);
    assert.match(out, /node-002: it has no textfile/);
    assert.doesNotMatch(out + err, /[^\n\P{Cc}]/u);
  });
});

Deno.test("nodeping diagnose shows nothing of a hostile Prometheus that could steer a terminal", async () => {
  const text = '{"status": "error", "error": "\\u001b[2J\\u009b2J no"}';
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => new Response(text, { status: 422 }),
  );
  const url = `http://127.0.0.1:${server.addr.port}`;
  const { code, err } = await nodeping("diagnose", "--prometheus", url);
  assert.equal(code, 1);
  assert.match(err, /^Prometheus at \S+ answers 422.*: \?\[2J\?2J no\n$/);
});
