/** The real node-exporter reads the textfile: every line of it is exported, unchanged. @module */

import assert from "node:assert/strict";
import { systemFileWriter } from "../../src/platform/files.ts";
import { run, spawnProcess } from "../../src/platform/process.ts";
import { Samples } from "../exposition.ts";
import type { Sample } from "../exposition.ts";
import { goldenExposition } from "../golden_state.ts";
import { findProgram, missingPrograms, needing } from "../needing.ts";
import { makeNamespace, networkTestsUnavailable } from "./namespace.ts";

const everything = {
  pairMetrics: "all",
  flantCompatibility: true,
  pairDistribution: true,
} as const;

/** Fetches until the exporter listens, for at most ten seconds; runs where the exporter runs. */
const fetchScript = `for (let tries = 0; ; tries++) {
  try {
    console.log(await (await fetch(Deno.args[0])).text());
    break;
  } catch (error) {
    if (tries > 100) throw error;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}`;

/** What node-exporter exports of a textfile directory. */
async function exported(exporter: string, directory: string): Promise<string> {
  await using stack = new AsyncDisposableStack();
  const isolated = networkTestsUnavailable() === undefined;
  const namespace = isolated ? stack.use(await makeNamespace()) : undefined;
  const inside = namespace?.inside ?? ((...line: readonly string[]) => [...line]);
  const address = `127.0.0.1:${isolated ? 9100 : freePort()}`;
  const [command = "", ...args] = inside(
    ...[
      exporter,
      "--collector.disable-defaults",
      "--collector.textfile",
      "--web.disable-exporter-metrics",
    ],
    ...[`--collector.textfile.directory=${directory}`, `--web.listen-address=${address}`],
  );
  const child = spawnProcess({ command, args });
  const output = Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  stack.defer(async () => {
    child.kill("SIGTERM");
    await Promise.all([child.status, output]);
  });
  const script = await Deno.makeTempFile({ suffix: ".ts" });
  stack.defer(() => Deno.remove(script));
  await Deno.writeTextFile(script, fetchScript);
  const url = `http://${address}/metrics`;
  const [deno = "", ...rest] = inside(Deno.execPath(), "run", "--allow-net", script, url);
  const { code, stdout, stderr } = await run(spawnProcess, { command: deno, args: rest });
  assert.equal(code, 0, stderr);
  return stdout.replace(/\n\n$/, "\n");
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** One series and its value, in one spelling: an empty label is none, and their order is free. */
function spelled({ name, labels, value }: Sample): string {
  const present = Object.entries(labels).filter(([, text]) => text !== "");
  return JSON.stringify([name, present.sort(([a], [b]) => a < b ? -1 : 1), value]);
}

const exporter = findProgram("prometheus-node-exporter");
Deno.test({
  ...needing(
    "node-exporter exports every line of the textfile",
    missingPrograms("prometheus-node-exporter"),
  ),
  fn: async () => {
    const directory = await Deno.makeTempDir({ prefix: "np-exporter-" });
    try {
      const text = await goldenExposition(everything);
      const parts = ReadableStream.from([new TextEncoder().encode(text)]);
      await systemFileWriter.replace(`${directory}/node-ping_node-1.prom`, parts);
      const page = await exported(exporter ?? "", directory);
      const found = new Samples(page);
      assert.equal(found.value("node_textfile_scrape_error"), 0);
      const mtime = found.select("node_textfile_mtime_seconds");
      assert.deepEqual(mtime.map(({ labels }) => labels["file"]?.split("/").at(-1)), [
        "node-ping_node-1.prom",
      ]);
      const lines = new Set(found.all.map(spelled));
      const written = new Samples(text).all;
      assert.ok(written.length > 200);
      assert.deepEqual(written.filter((sample) => !lines.has(spelled(sample))), []);
      const pageLines = new Set(page.split("\n"));
      const comments = text.split("\n").filter((line) => line.startsWith("#"));
      assert.deepEqual(comments.filter((line) => !pageLines.has(line)), []);
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  },
});
