import assert from "node:assert/strict";
import { parse } from "yaml";
import { run, spawnProcess } from "../src/platform/process.ts";

const directory = new URL("../.github/workflows/", import.meta.url);

interface Step {
  readonly id?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions: unknown;
  readonly concurrency: unknown;
  readonly jobs: Readonly<
    Record<string, {
      readonly permissions?: Readonly<Record<string, string>>;
      readonly "timeout-minutes"?: number;
      readonly steps: readonly Step[];
    }>
  >;
}

const files = [...Deno.readDirSync(directory)].map(({ name }) => name).sort();

async function read(file: string): Promise<{ text: string; workflow: Workflow }> {
  const text = await Deno.readTextFile(new URL(file, directory));
  return { text, workflow: parse(text) as Workflow };
}

function stepsOf({ jobs }: Workflow): readonly Step[] {
  return Object.values(jobs).flatMap(({ steps }) => steps);
}

Deno.test("there are workflows for CI, the audit and releases", () => {
  assert.deepEqual(files, ["audit.yml", "ci.yml", "release.yml"]);
});

for (const file of files) {
  Deno.test(`${file} pins each action by commit, with its version`, async () => {
    const { text, workflow } = await read(file);
    const pinned = text.match(/uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/gm) ?? [];
    assert.equal(pinned.length, stepsOf(workflow).filter(({ uses }) => uses).length);
  });

  Deno.test(`${file} gives each job what it needs, and a bound`, async () => {
    const { workflow } = await read(file);
    assert.deepEqual(workflow.permissions, {});
    assert.ok(workflow.concurrency);
    assert.ok(!("pull_request_target" in workflow.on));
    for (const [name, job] of Object.entries(workflow.jobs)) {
      assert.ok(job.permissions !== undefined, `${name} has no permissions`);
      assert.ok((job["timeout-minutes"] ?? 0) > 0, `${name} has no timeout`);
    }
  });

  Deno.test(`${file} puts no expression into a shell, and leaves no credentials behind`, async () => {
    const { workflow } = await read(file);
    for (const { uses, run, with: inputs } of stepsOf(workflow)) {
      assert.doesNotMatch(run ?? "", /\$\{\{/);
      if (uses?.startsWith("actions/checkout@")) {
        assert.equal(inputs?.["persist-credentials"], false);
      }
    }
  });
}

Deno.test("only a tag can write, and only in the release", async () => {
  for (const file of files.filter((name) => name !== "release.yml")) {
    const { workflow } = await read(file);
    for (const { permissions } of Object.values(workflow.jobs)) {
      assert.deepEqual(permissions, { contents: "read" }, file);
    }
  }
  assert.deepEqual((await read("release.yml")).workflow.on, { push: { tags: ["v*"] } });
});

Deno.test("workflows, README and launcher name the Deno of the Dockerfile", async () => {
  const root = new URL("../", import.meta.url);
  const dockerfile = await Deno.readTextFile(new URL("Dockerfile", root));
  const version = /denoland\/deno:([\d.]+)@/.exec(dockerfile)?.[1];
  const paths = [
    ...files.map((file) => `.github/workflows/${file}`),
    ...["README.md", "helm-plugin/launcher.sh", ".ci/run"],
  ];
  for (const path of paths) {
    const text = await Deno.readTextFile(new URL(path, root));
    const named = [...text.matchAll(/(?:deno-version: |DENO_VERSION: |deno@)(\d[\d.]*)/g)];
    assert.deepEqual([...new Set(named.map(([, one]) => one))], [version], path);
  }
});

Deno.test("a release candidate is published as such", async () => {
  const { workflow } = await read("release.yml");
  const script = stepsOf(workflow).find(({ run }) => run?.includes("gh release create"))?.run;
  assert.ok(script);
  for (const [tag, isCandidate] of [["v1.2.3-rc.1", true], ["v1.2.3", false]] as const) {
    const { stdout } = await run(spawnProcess, {
      command: "bash",
      args: ["-euc", `gh() { echo "$@"; }\n${script}`],
      env: { TAG: tag },
    });
    assert.match(stdout, new RegExp(`^release create ${tag} .*--title ${tag} `));
    assert.equal(stdout.includes("--prerelease"), isCandidate, stdout);
  }
});

// Helm 3.18.5 took another validator of schemas, whose messages tests/chart/ expects (its go.mod).
Deno.test("workflows take one Helm 3, whose messages the tests know, and the tests a Helm 4 as well", async () => {
  const texts = await Promise.all(files.map(async (file) => (await read(file)).text));
  const versions = new Set(texts.flatMap((text) => text.match(/version: v3\.\d+\.\d+$/gm) ?? []));
  assert.equal(versions.size, 1, [...versions].join());
  assert.ok(Number(/v3\.(\d+)/.exec([...versions][0] ?? "")?.[1]) >= 19, [...versions].join());
  const { steps = [] } = (await read("ci.yml")).workflow.jobs["test"] ?? {};
  const helms = steps.filter(({ uses }) => uses?.startsWith("azure/setup-helm@"));
  // The last one is the "helm" on PATH.
  assert.deepEqual(helms.map((step) => /^v\d/.exec(String(step.with?.["version"]))?.[0]), [
    "v4",
    "v3",
  ]);
  const test = steps.find(({ run }) => run?.endsWith("deno task test"));
  assert.match(test?.run ?? "", /--preserve-env=HOME,HELM4 /);
  assert.equal(test?.env?.["HELM4"], `\${{ steps.${helms[0]?.id}.outputs.helm-path }}`);
});
