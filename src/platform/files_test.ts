import assert from "node:assert/strict";
import { regularFile, rewriteFile, systemFileWriter } from "./files.ts";

async function inDirectory(body: (directory: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "np-files-" });
  try {
    await body(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

const names = (directory: string) => [...Deno.readDirSync(directory)].map(({ name }) => name);
const encoded = (text: string) => new TextEncoder().encode(text);
const parts = (...texts: string[]) => ReadableStream.from(texts.map(encoded));

Deno.test("systemFileWriter.replace() writes all parts, readable by everybody, and leaves nothing else", async () => {
  await inDirectory(async (directory) => {
    const path = `${directory}/a.prom`;
    await Deno.writeTextFile(`${path}.tmp`, "left by who keeps to himself", { mode: 0o600 });
    await systemFileWriter.replace(path, parts("one\n", "", "ü".repeat(100_000)));
    assert.equal(await Deno.readTextFile(path), `one\n${"ü".repeat(100_000)}`);
    assert.equal((await Deno.stat(path)).mode, 0o100644);
    assert.deepEqual(names(directory), ["a.prom"]);
  });
});

Deno.test("systemFileWriter.replace() takes the place of the file in one step", async () => {
  await inDirectory(async (directory) => {
    const path = `${directory}/a.prom`;
    await systemFileWriter.replace(path, parts("old"));
    using reader = await Deno.open(path);
    async function* looking(): AsyncGenerator<Uint8Array> {
      yield encoded("x".repeat(300_000));
      assert.equal(await Deno.readTextFile(path), "old", "half a file is not seen");
      assert.deepEqual(names(directory).filter((name) => name.endsWith(".prom")), ["a.prom"]);
      yield encoded("new");
    }
    await systemFileWriter.replace(path, looking());
    assert.equal(await Deno.readTextFile(path), `${"x".repeat(300_000)}new`);
    const bytes = new Uint8Array(10);
    assert.equal(await reader.read(bytes), 3, "who has the old one open reads it to its end");
  });
});

Deno.test("systemFileWriter.replace() overwrites what a killed program left", async () => {
  await inDirectory(async (directory) => {
    const path = `${directory}/a.prom`;
    await Deno.writeTextFile(`${path}.tmp`, "left behind, and longer than the new text");
    await systemFileWriter.replace(path, parts("new"));
    assert.equal(await Deno.readTextFile(path), "new");
    assert.deepEqual(names(directory), ["a.prom"]);
  });
});

Deno.test("systemFileWriter.replace() follows no link that lies under one of its names", async () => {
  await inDirectory(async (directory) => {
    const path = `${directory}/a.prom`;
    await Deno.writeTextFile(`${directory}/secret`, "keep", { mode: 0o600 });
    await Deno.symlink(`${directory}/secret`, `${path}.tmp`);
    await Deno.symlink(`${directory}/secret`, path);
    await systemFileWriter.replace(path, parts("new"));
    assert.equal(await Deno.readTextFile(`${directory}/secret`), "keep");
    assert.equal((await Deno.stat(`${directory}/secret`)).mode, 0o100600);
    assert.equal((await Deno.lstat(path)).isSymlink, false);
    assert.equal(await Deno.readTextFile(path), "new");
    assert.deepEqual(names(directory).sort(), ["a.prom", "secret"]);
  });
});

Deno.test("systemFileWriter.replace() opens no foreign file to everybody, whoever swaps its own meanwhile", async () => {
  await inDirectory(async (directory) => {
    const path = `${directory}/a.prom`;
    await Deno.writeTextFile(`${directory}/secret`, "keep", { mode: 0o600 });
    async function* swapping(): AsyncGenerator<Uint8Array> {
      yield encoded("one\n");
      await Deno.remove(`${path}.tmp`);
      await Deno.symlink(`${directory}/secret`, `${path}.tmp`);
      yield encoded("two\n");
    }
    await systemFileWriter.replace(path, swapping());
    const { mode } = await Deno.stat(`${directory}/secret`);
    assert.equal(mode, 0o100600);
    assert.equal(await Deno.readTextFile(`${directory}/secret`), "keep");
  });
});

Deno.test("systemFileWriter.replace() keeps the old file and no temporary one when it fails", async () => {
  await inDirectory(async (directory) => {
    const path = `${directory}/a.prom`;
    await systemFileWriter.replace(path, parts("old"));
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield await Promise.resolve(encoded("half"));
      throw new Error("Cannot render");
    }
    await assert.rejects(systemFileWriter.replace(path, failing()), /Cannot render/);
    assert.equal(await Deno.readTextFile(path), "old");
    assert.deepEqual(names(directory), ["a.prom"]);
    await assert.rejects(
      systemFileWriter.replace(`${directory}/none/a.prom`, parts("x")),
      Deno.errors.NotFound,
    );
  });
});

Deno.test("systemFileWriter.remove() removes the file, and takes none for removed", async () => {
  await inDirectory(async (directory) => {
    await Deno.writeTextFile(`${directory}/a`, "");
    await systemFileWriter.remove(`${directory}/a`);
    await systemFileWriter.remove(`${directory}/a`);
    assert.deepEqual(names(directory), []);
    await Deno.mkdir(`${directory}/d/e`, { recursive: true });
    await assert.rejects(systemFileWriter.remove(`${directory}/d`));
  });
});

Deno.test("regularFile() follows a link to its file, and takes no device for one", async () => {
  await inDirectory(async (directory) => {
    const [file, link, missing] = ["file", "link", "missing"].map((name) => `${directory}/${name}`);
    assert.ok(file && link && missing);
    await Deno.writeTextFile(file, "");
    await Deno.symlink(file, link);
    assert.equal(await regularFile(file), await Deno.realPath(file));
    assert.equal(await regularFile(link), await Deno.realPath(file));
    assert.equal(await regularFile(missing), missing);
    assert.equal(await regularFile("/dev/null"), undefined);
  });
});

Deno.test("systemFileWriter.replace() puts small and large parts together in their order", async () => {
  await inDirectory(async (directory) => {
    const path = `${directory}/a.prom`;
    const sizes = [1, 262_143, 1, 262_144, 0, 262_145, 90_000, 90_000, 90_000, 800_000, 5];
    const texts = sizes.map((size, index) => String.fromCharCode(97 + index).repeat(size));
    await systemFileWriter.replace(path, parts(...texts));
    assert.equal(await Deno.readTextFile(path), texts.join(""));
  });
});

Deno.test("rewriteFile() changes the text alone: owner and mode stay, and nothing is left beside", async () => {
  await inDirectory(async (directory) => {
    const path = `${directory}/config`;
    await Deno.writeTextFile(path, "token: old", { mode: 0o640 });
    if (Deno.uid() === 0) await Deno.chown(path, 65_534, 65_534);
    const before = await Deno.stat(path);
    await Deno.symlink(path, `${directory}/link`);
    await rewriteFile(`${directory}/link`, (text) => text.replace("old", "new"));
    assert.equal(await Deno.readTextFile(path), "token: new");
    const { uid, gid, mode } = await Deno.stat(path);
    assert.deepEqual([uid, gid, mode], [before.uid, before.gid, before.mode]);
    assert.deepEqual(names(directory).sort(), ["config", "link"]);
  });
});

Deno.test({
  name: "rewriteFile() goes on where the owner may not stay, and gives no other group a right",
  ignore: Deno.uid() !== 0, // Only root can make a file of another owner.
  fn: () =>
    inDirectory(async (directory) => {
      const path = `${directory}/config`;
      const refuse = (mayKeepGroup: boolean) => (_: unknown, uid: number | null) =>
        uid === null && mayKeepGroup
          ? Promise.resolve()
          : Promise.reject(new Deno.errors.PermissionDenied("EPERM"));
      for (const [mayKeepGroup, mode] of [[true, 0o660], [false, 0o600]] as const) {
        await Deno.writeTextFile(path, "token: old");
        await Deno.chmod(path, 0o660);
        await Deno.chown(path, 65_534, 65_534);
        const change = (text: string) => text.replace("old", "new");
        await rewriteFile(path, change, refuse(mayKeepGroup));
        assert.equal(await Deno.readTextFile(path), "token: new");
        assert.equal(((await Deno.stat(path)).mode ?? 0) & 0o777, mode);
      }
      assert.deepEqual(names(directory), ["config"]);
    }),
});

Deno.test("rewriteFile() leaves the file, and no copy with its secrets, where it cannot be replaced", async () => {
  await inDirectory(async (directory) => {
    const path = `${directory}/config`;
    await Deno.writeTextFile(path, "token: old");
    const removed = (text: string) => {
      Deno.removeSync(path);
      Deno.mkdirSync(path);
      return text;
    };
    await assert.rejects(rewriteFile(path, removed));
    assert.deepEqual(names(directory), ["config"]);
  });
});

Deno.test("rewriteFile() is held off by another's lock, which stays", async () => {
  await inDirectory(async (directory) => {
    const path = `${directory}/config`;
    await Deno.writeTextFile(path, "old");
    await Deno.writeTextFile(`${path}.lock`, "");
    await assert.rejects(rewriteFile(path, () => "new"), Deno.errors.AlreadyExists);
    assert.deepEqual(names(directory).sort(), ["config", "config.lock"]);
    assert.equal(await Deno.readTextFile(path), "old");
  });
});
