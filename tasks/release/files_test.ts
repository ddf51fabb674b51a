import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { run, spawnProcess } from "../../src/platform/process.ts";
import { version } from "../../src/version.ts";
import { helms } from "../../tests/chart/helm.ts";
import { needing, noHelm } from "../../tests/needing.ts";
import { originOf, packageChart } from "./files.ts";
import type { Origin } from "./files.ts";

Deno.test("originOf() derives every address from the repository's name", () => {
  assert.deepEqual(originOf("Some-One/Node.Ping", "1.2.3"), {
    source: "https://github.com/Some-One/Node.Ping",
    // Registries refuse capitals.
    image: { registry: "ghcr.io", repository: "some-one/node.ping" },
    runbookUrl: "https://github.com/Some-One/Node.Ping/blob/v1.2.3/docs/alerts.md",
  });
});

Deno.test("originOf() refuses what is no OWNER/NAME", () => {
  for (const wrong of ["", "nodeping", "a/b/c", "https://github.com/a/b", "a b/c", "a/"]) {
    assert.throws(() => originOf(wrong, "1.2.3"), /is not of the form OWNER\/NAME/, wrong);
  }
});

const root = new URL("../../", import.meta.url).pathname.replace(/\/$/, "");
const origin = originOf("Some/nodeping", version);

async function output(command: string, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await run(spawnProcess, { command, args });
  assert.equal(code, 0, stderr);
  return stdout;
}

async function withPackage(
  helm: string,
  origin: Origin | undefined,
  use: (archive: string) => Promise<void>,
): Promise<void> {
  const target = await Deno.makeTempDir();
  try {
    await use(await packageChart({ root, version, origin, helm, target, time: 1_700_000_000 }));
  } finally {
    await Deno.remove(target, { recursive: true });
  }
}

if (helms.length === 0) {
  Deno.test({ ...needing("the chart is packaged", noHelm), fn: () => {} });
}

for (const { name, command } of helms) {
  Deno.test(`${name}'s chart package is the same twice, and points at the origin`, async () => {
    await withPackage(command, origin, async (archive) => {
      const set = ["--set", "prometheusRule.enabled=true,nodePing.lookup=false"];
      const manifest = await output(command, "template", "np", archive, ...set);
      assert.match(manifest, new RegExp(`image: "?ghcr\\.io/some/nodeping:${version}"?\n`));
      assert.match(manifest, /runbook_url: https:\/\/github\.com\/Some\/nodeping\/blob\/v/);
      assert.match(
        await output(command, "show", "chart", archive),
        /^home: https:\/\/github.com\/Some\/nodeping$/m,
      );
      const first = await Deno.readFile(archive);
      await delay(1100);
      await withPackage(command, origin, async (again) => {
        assert.deepEqual(await Deno.readFile(again), first);
      });
    });
  });

  Deno.test(`${name}'s chart package without an origin renders as the chart does`, async () => {
    await withPackage(command, undefined, async (archive) => {
      const set = ["--set", "nodePing.lookup=false"];
      assert.equal(
        await output(command, "template", "np", archive, ...set),
        await output(command, "template", "np", `${root}/chart`, ...set),
      );
    });
  });
}

Deno.test("packageChart() says which program it cannot run", async () => {
  await assert.rejects(withPackage("/no/helm", undefined, () => Promise.resolve()), {
    message: 'Cannot run "/no/helm": set HELM to Helm\'s path',
  });
});
