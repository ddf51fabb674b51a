import assert from "node:assert/strict";
import { parse } from "yaml";
import { packagePlugin } from "../../helm-plugin/package.ts";
import { run, spawnProcess } from "../../src/platform/process.ts";
import { version } from "../../src/version.ts";
import { helms } from "../chart/helm.ts";
import { needing, noHelm } from "../needing.ts";

const root = new URL("../../", import.meta.url).pathname.replace(/\/$/, "");

interface Place {
  readonly directory: string;
  readonly helm: (
    ...args: readonly string[]
  ) => Promise<{ code: number; out: string; err: string }>;
}

/** A Helm with a home of its own. */
async function atPlace(
  helm: string,
  use: (place: Place) => Promise<void>,
  env: Readonly<Record<string, string>> = {},
): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    await use({
      directory,
      helm: async (...args) => {
        const { code, stdout, stderr } = await run(spawnProcess, {
          command: helm,
          args,
          env: {
            ...Object.fromEntries(
              ["CACHE", "CONFIG", "DATA"].map((
                name,
              ) => [`HELM_${name}_HOME`, `${directory}/${name}`]),
            ),
            ...env,
          },
        });
        return { code, out: stdout, err: stderr };
      },
    });
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

async function assertRuns({ helm }: Place): Promise<void> {
  const ran = await helm("nodeping", "version");
  assert.deepEqual([ran.code, ran.out], [0, `nodeping ${version}\n`], ran.err);
  const help = await helm("nodeping", "sync", "--help");
  assert.match(help.out, /Usage: helm nodeping sync \[RELEASE\]/);
  const wrong = await helm("nodeping", "sync", "--nonsense");
  assert.deepEqual([wrong.code, /Unknown flag "--nonsense"/.test(wrong.err)], [2, true]);
}

if (helms.length === 0) {
  Deno.test({ ...needing("the plugin installs", noHelm), fn: () => {} });
}

for (const { name, command: helm } of helms) {
  const unverified = name === "helm4" ? ["--verify=false"] : [];

  Deno.test(`${name} installs the plugin from ./helm-plugin, and completes`, async () => {
    await atPlace(helm, async (place) => {
      const installed = await place.helm("plugin", "install", `${root}/helm-plugin`);
      assert.equal(installed.code, 0, installed.err);
      assert.match(installed.out, /nodeping .* is ready/);
      await assertRuns(place);
      const flags = await place.helm("__complete", "nodeping", "sync", "--max");
      assert.match(flags.out, /--max-shrink/);
      const values = await place.helm("__complete", "nodeping", "sync", "--output", "");
      assert.match(values.out, /^text$.*^json$.*^values$/ms);
      const commands = await place.helm("__complete", "nodeping", "");
      assert.match(commands.out, /sync/);
    });
  });

  Deno.test(`${name} installs the plugin from a Git repository, and updates it`, async () => {
    await atPlace(helm, async (place) => {
      const clone = `${place.directory}/nodeping`;
      await shell(
        'git -C "$1" ls-files -co --exclude-standard -z | (cd "$1" && xargs -0 tar c) | ' +
          '(mkdir "$2" && cd "$2" && tar x && git init -q -b main && git add -A && ' +
          "git -c user.name=t -c user.email=t@t commit -qm t && git tag v0.0.1)",
        root,
        clone,
      );
      const installed = await place.helm("plugin", "install", `file://${clone}`, ...unverified);
      assert.equal(installed.code, 0, installed.err + installed.out);
      await assertRuns(place);
      const unreachable = await place.helm("nodeping", "sync", "--output", "values");
      assert.match(unreachable.err, /^Error: No cluster to talk to/);
      assert.match(
        (await place.helm("__complete", "nodeping", "sync", "--max")).out,
        /--max-shrink/,
      );
      const updated = await place.helm("plugin", "update", "nodeping");
      assert.equal(updated.code, 0, updated.err);
    }, { KUBECONFIG: "/nonexistent" });
  });

  Deno.test(`${name} installs the plugin from its archive, with no Deno in reach`, async () => {
    await atPlace(helm, async (place) => {
      const archive = await packaged(place.directory);
      let source = archive;
      if (name === "helm3") {
        await shell('cd "$1" && tar xzf "$2"', place.directory, archive);
        source = `${place.directory}/nodeping`;
      }
      const installed = await place.helm("plugin", "install", source, ...unverified);
      assert.equal(installed.code, 0, installed.err + installed.out);
      const ran = await place.helm("nodeping", "sync", "np", "--watch");
      assert.deepEqual([ran.code, ran.out], [0, "packaged: sync np --watch\n"]);
    }, { PATH: "/usr/bin:/bin" });
  });

  Deno.test(`${name} says what to do when there is nothing to run`, async () => {
    await atPlace(helm, async (place) => {
      const bare = `${place.directory}/bare`;
      await shell('mkdir -p "$2" && cp "$1"/helm-plugin/* "$2"', root, bare);
      await place.helm("plugin", "install", bare);
      const { code, err } = await place.helm("nodeping", "version");
      assert.equal(code, 127);
      assert.match(err, /nodeping has no program to run here.*install Deno.*plugin archive/s);
    });
  });
}

/** The launcher is what is tested here, so that a script stands for the program of 80 MB. */
async function packaged(directory: string): Promise<string> {
  const program = `${directory}/program`;
  await Deno.writeTextFile(program, '#!/bin/sh\necho "packaged: $*"\n');
  await Deno.chmod(program, 0o755);
  const programs = new Map([["linux-amd64", program]]);
  const target = `${directory}/archives`;
  const [archive = ""] = await packagePlugin({ root, programs, target, time: 1_700_000_000 });
  return archive;
}

Deno.test("the launcher downloads nothing unless it is allowed to, and looks for no update", async () => {
  const directory = await Deno.makeTempDir();
  try {
    await shell(
      'cd "$2" && mkdir helm-plugin bin && cp "$1"/helm-plugin/launcher.sh helm-plugin && touch main.ts deno.json && ' +
        "printf '#!/bin/sh\\necho \"npx $2 $DENO_NO_UPDATE_CHECK\"\\n' > bin/npx && chmod +x bin/npx",
      root,
      directory,
    );
    const launch = (allowed: string) =>
      run(spawnProcess, {
        command: `${directory}/helm-plugin/launcher.sh`,
        args: ["version"],
        env: { PATH: `${directory}/bin:/usr/bin:/bin`, NODEPING_NPX: allowed, DENO: "no-deno" },
      });
    const refused = await launch("");
    assert.deepEqual([refused.code, refused.stdout], [127, ""]);
    assert.match(
      refused.stderr,
      /let npx download Deno and run the source with it: NODEPING_NPX=1/,
    );
    assert.equal((await launch("1")).stdout, "npx deno@2.9.6 1\n");
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("the launcher runs the source with a Deno that is new enough, and names one that is not", async () => {
  const directory = await Deno.makeTempDir();
  try {
    await shell(
      'cd "$2" && mkdir helm-plugin && cp "$1"/helm-plugin/launcher.sh helm-plugin && touch main.ts deno.json && ' +
        'printf \'#!/bin/sh\\nif [ "$1" = --version ]; then echo "deno $VERSION (stable)"; else echo runs; fi\\n\' > deno && chmod +x deno',
      root,
      directory,
    );
    const launch = (version: string) =>
      run(spawnProcess, {
        command: `${directory}/helm-plugin/launcher.sh`,
        args: ["version"],
        env: { PATH: "/usr/bin:/bin", DENO: `${directory}/deno`, VERSION: version },
      });
    for (const version of ["2.9.6", "2.10.0", "3.0.0"]) {
      const { stdout, stderr } = await launch(version);
      assert.deepEqual([stdout, stderr], ["runs\n", ""], version);
    }
    for (const version of ["2.7.11", "1.46.3", "canary"]) {
      const { code, stdout, stderr } = await launch(version);
      assert.deepEqual([code, stdout], [127, ""]);
      assert.ok(stderr.includes(`and for Deno in DENO and on PATH (found ${version})\n`), stderr);
      assert.match(stderr, /^nodeping has no program to run here/);
    }
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("the launcher finds its own folder, whatever CDPATH says", async () => {
  const directory = await Deno.makeTempDir();
  try {
    await shell(
      'cd "$2" && mkdir -p own/helm-plugin/bin other/helm-plugin && cp "$1"/helm-plugin/launcher.sh own/helm-plugin && ' +
        "printf '#!/bin/sh\necho own\n' > own/helm-plugin/bin/nodeping && chmod +x own/helm-plugin/bin/nodeping",
      root,
      directory,
    );
    const { stdout } = await run(spawnProcess, {
      command: "sh",
      args: ["-c", 'cd "$1/own" && exec sh helm-plugin/launcher.sh', "sh", directory],
      env: { CDPATH: `${directory}/other` },
    });
    assert.equal(stdout, "own\n");
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("packagePlugin() makes the same bytes twice, licences with them", async () => {
  const directory = await Deno.makeTempDir();
  try {
    const archive = await packaged(directory);
    const bytes = await Deno.readFile(archive);
    await shell('tar tzf "$1" | grep -qx nodeping/THIRD_PARTY_LICENSES', archive);
    await Deno.remove(`${directory}/program`);
    assert.deepEqual(await Deno.readFile(await packaged(directory)), bytes);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("the plugin's files are in step with the program", async () => {
  for (const path of ["plugin.yaml", "helm-plugin/plugin.yaml"]) {
    const plugin = parse(await Deno.readTextFile(`${root}/${path}`)) as object;
    // Helm 3 refuses keys that it does not know, and then every plugin.
    const known = [
      "name",
      "version",
      "usage",
      "description",
      "ignoreFlags",
      "platformCommand",
      "hooks",
    ];
    assert.deepEqual(Object.keys(plugin).filter((key) => !known.includes(key)), []);
  }
  const made = await run(spawnProcess, {
    command: Deno.execPath(),
    args: ["run", "--quiet", "--allow-all", `${root}/main.ts`, "completion", "--static"],
  });
  assert.equal(await Deno.readTextFile(`${root}/helm-plugin/completion.yaml`), made.stdout);
});

async function shell(script: string, ...args: readonly string[]): Promise<void> {
  const { code, stderr } = await run(spawnProcess, {
    command: "sh",
    args: ["-ec", script, "sh", ...args],
  });
  assert.equal(code, 0, stderr);
}
