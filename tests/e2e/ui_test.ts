import assert from "node:assert/strict";
import type { PageData } from "../../src/matrix/html.ts";
import { run, spawnProcess } from "../../src/platform/process.ts";
import { helms } from "../chart/helm.ts";
import { agentsOf } from "./agents.ts";
import { clusterTest, eventually, makeFault, withNamespace } from "./cluster.ts";
import { numberOf } from "./node_network.ts";
import { withPluginHome } from "./plugin.ts";
import { deploy, helmDo, releaseName } from "./release.ts";

for (const helm of helms) {
  clusterTest(
    "helm nodeping ui names a cut link, and forgets it after the mend",
    { image: true, faults: true },
    () =>
      withNamespace("ui", [], async (namespace) => {
        await deploy(helm, namespace);
        const [one = "", other = ""] = (await agentsOf(namespace)).map(({ node }) => node).sort();
        await withPluginHome(helm, async (env) => {
          // In a session of its own, so that the signal reaches the plugin, too, as Ctrl-C does.
          const ui = ["nodeping", "ui", releaseName, "--no-open", "--namespace", namespace];
          const child = new Deno.Command("setsid", {
            args: [helm.command, ...ui],
            env: { ...env },
            stdout: "piped",
          }).spawn();
          const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
          try {
            let said = "";
            while (!/http:\S+\n/.test(said)) {
              const { value, done } = await lines.read();
              assert.ok(!done, `It ended: ${said}`);
              said += value;
            }
            await seeCutLink(/http:\S+/.exec(said)?.[0] ?? "", one, other);
          } finally {
            await lines.cancel();
            await run(spawnProcess, {
              command: "sh",
              args: ["-c", `kill -s INT -- -${child.pid}`],
            });
            await child.status;
          }
        });
        await helmDo(helm, namespace, "uninstall", releaseName);
      }),
    [helm],
  );
}

async function seeCutLink(url: string, one: string, other: string): Promise<void> {
  const title = `Link ${one} - ${other}`;
  const read = async (): Promise<PageData> => await (await fetch(`${url}mesh.json`)).json();
  const titles = async () => (await read()).verdicts.map((verdict) => verdict.title);
  await eventually(60, async () => {
    const { verdicts, nodes, pairs } = await read();
    assert.equal(pairs.sent.length, nodes.length * (nodes.length - 1));
    assert.deepEqual(verdicts, []);
  });
  await makeFault("cut", numberOf(one), numberOf(other));
  try {
    await eventually(20, async () => assert.deepEqual(await titles(), [title]));
  } finally {
    await makeFault("heal");
  }
  await eventually(30, async () => assert.deepEqual(await titles(), []));
  const { history } = await read();
  assert.deepEqual(history.map((span) => span.title), [title], "and nothing else was named");
}
