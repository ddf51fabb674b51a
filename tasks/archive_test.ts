import assert from "node:assert/strict";
import { run, spawnProcess } from "../src/platform/process.ts";
import { checksums, packFolder, sourceState } from "./archive.ts";

/** A folder "it" with a file and a program, made in the given order and at the given time. */
async function makeFolder(
  directory: string,
  names: readonly string[],
  time: number,
): Promise<void> {
  await Deno.mkdir(`${directory}/it/deep`, { recursive: true });
  for (const name of names) {
    await Deno.writeTextFile(`${directory}/it/${name}`, name, {
      mode: name === "run" ? 0o755 : 0o600,
    });
    await Deno.utime(`${directory}/it/${name}`, time, time);
  }
}

async function sh(script: string, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await run(spawnProcess, {
    command: "sh",
    args: ["-ec", script, "sh", ...args],
  });
  assert.equal(code, 0, stderr);
  return stdout;
}

Deno.test("packFolder() depends on content alone, and checksums() on the archives", async () => {
  const directory = await Deno.makeTempDir();
  try {
    const archives: string[] = [];
    for (const [index, names] of [["b", "run", "a"], ["a", "b", "run"]].entries()) {
      const place = `${directory}/${index}`;
      await makeFolder(place, names, 1_000_000 * index);
      await packFolder(place, "it", `${place}/it-${index}.tgz`, 1_700_000_000);
      archives.push(`${place}/it-${index}.tgz`);
    }
    const [first, second] = await Promise.all(archives.map((archive) => Deno.readFile(archive)));
    assert.deepEqual(first, second);
    assert.match(
      await sh('TZ=UTC tar tvzf "$1"', archives[0]!),
      /-rw-r--r-- 0\/0 .* 2023-11-14 22:13 it\/a\n.* it\/b\n.*it\/deep\/\n-rwxr-xr-x .*it\/run\n$/,
    );
    await sh('mv "$1"/*/*.tgz "$1"', directory);
    const moved = archives.map((archive) => `${directory}/${archive.split("/").at(-1)}`);
    await Deno.writeTextFile(`${directory}/SHA256SUMS`, await checksums(moved.reverse()));
    assert.equal(
      await sh('cd "$1" && sha256sum --check SHA256SUMS', directory),
      "it-0.tgz: OK\nit-1.tgz: OK\n",
    );
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("packFolder() says which archive it cannot make", async () => {
  const directory = await Deno.makeTempDir();
  try {
    await assert.rejects(
      packFolder(directory, "none", `${directory}/x.tgz`, 0),
      /Cannot make .*x\.tgz: /,
    );
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

async function withEpoch(value: string | undefined, use: () => Promise<void>): Promise<void> {
  const before = Deno.env.get("SOURCE_DATE_EPOCH");
  const set = (to: string | undefined) =>
    to === undefined ? Deno.env.delete("SOURCE_DATE_EPOCH") : Deno.env.set("SOURCE_DATE_EPOCH", to);
  set(value);
  try {
    await use();
  } finally {
    set(before);
  }
}

Deno.test("sourceState() takes the commit's time, SOURCE_DATE_EPOCH before it", async () => {
  await withEpoch(undefined, async () => {
    const { revision, time } = await sourceState();
    // Without a repository there is nothing to tell.
    if (revision === "unknown") return assert.equal(time, 0);
    assert.match(revision, /^[0-9a-f]{40}$/);
    assert.ok(time > 1_700_000_000, String(time));
  });
  await withEpoch("1234567890", async () => {
    assert.equal((await sourceState()).time, 1_234_567_890);
  });
});

Deno.test("sourceState() refuses an epoch that is no number of seconds", async () => {
  for (const wrong of ["yesterday", "-1", "1.5"]) {
    await withEpoch(wrong, () =>
      assert.rejects(
        sourceState(),
        new RegExp(`SOURCE_DATE_EPOCH is "${wrong}": write whole seconds since 1970`),
      ));
  }
});
