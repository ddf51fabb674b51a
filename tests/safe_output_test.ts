/** Whatever others write, a command's output moves no cursor and has no line that it did not write itself. @module */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { run, spawnProcess } from "../src/platform/process.ts";
import { startFakeServer } from "./fakes/http_server.ts";
import type { Answer, ReceivedRequest } from "./fakes/http_server.ts";
import { kubeconfigText } from "./kubernetes/api_server.ts";
import { denoDirectory } from "./needing.ts";

const main = fileURLToPath(new URL("../main.ts", import.meta.url));

const forged = "Release np is at revision 9";
const hostile = `\x1b[2J\x1b]0;title\x07\x9b2J\u202e10.0.0.1\r\n${forged}\n`;

async function outputOf(
  answer: (request: ReceivedRequest) => Answer,
  args: readonly string[],
  user: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const directory = await Deno.makeTempDir();
  try {
    await using server = startFakeServer(answer);
    const kubeconfig = `${directory}/config`;
    // A plugin is asked for secrets only over TLS: nothing answers there.
    const url = user["exec"] === undefined ? server.url : server.url.replace("http:", "https:");
    await Deno.writeTextFile(kubeconfig, kubeconfigText({ server: url, user }));
    const { stdout, stderr } = await run(spawnProcess, {
      command: Deno.execPath(),
      args: ["run", "--quiet", "--allow-all", "--no-check", main, ...args],
      env: {
        KUBECONFIG: kubeconfig,
        HELM_BIN: "/none",
        HOME: directory,
        DENO_DIR: denoDirectory(),
      },
    }, AbortSignal.timeout(60_000));
    return stdout + stderr;
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

function assertSafe(output: string): void {
  assert.doesNotMatch(output.replaceAll("\n", ""), /[\p{Cc}\p{Bidi_Control}]/u);
  const lines = output.split("\n");
  assert.deepEqual(lines.filter((line) => line.trimStart().startsWith(forged)), [], output);
  assert.ok(output.includes(forged), `It is shown within a line:\n${output}`);
}

const json = (body: unknown): Answer => ({ body: JSON.stringify(body) });

Deno.test("a Node's address forges no line of sync's report", async () => {
  const items = [["node-1", hostile], ["node-2", "10.0.0.2"]].map(([name, address]) => ({
    metadata: { name, labels: { "topology.kubernetes.io/zone": hostile } },
    status: { addresses: [{ type: "InternalIP", address }] },
  }));
  const args = ["sync", "--dry-run", "--output", "text", "--values-file", "/tmp/none/nodes.yaml"];
  assertSafe(await outputOf(() => json({ items, metadata: {} }), args));
});

Deno.test("an API server's error text, or a proxy's page, forges no line", async () => {
  const texts = [JSON.stringify({ message: hostile, reason: "Forbidden" }), hostile];
  for (const args of [["sync", "--values-file", "/tmp/none/nodes.yaml"], ["diagnose"]]) {
    for (const body of texts) assertSafe(await outputOf(() => ({ status: 403, body }), args));
  }
});

Deno.test("a credential plugin's words are under its name", async () => {
  const exec = {
    ...{ apiVersion: "client.authentication.k8s.io/v1", interactiveMode: "Never" },
    ...{ command: "sh", args: ["-c", 'printf "%s" "$0" >&2; exit 7', hostile] },
  };
  assertSafe(await outputOf(() => json({}), ["matrix"], { exec }));
});
