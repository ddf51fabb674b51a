import assert from "node:assert/strict";
import { run, spawnProcess } from "../src/platform/process.ts";
import { version } from "../src/version.ts";
import { buildArguments } from "./image.ts";

Deno.test("buildArguments() replaces only the parts that the environment names", () => {
  const env = new Map([["BASE", "localhost/base:1"], ["FPING", "/opt/fping"], ["BUILD", ""]]);
  assert.deepEqual(buildArguments((name) => env.get(name), "abc", "2026-01-01T00:00:00Z"), [
    ...["--build-arg", "BASE=localhost/base:1"],
    ...["--build-context", "fping=/opt/fping"],
    ...["--build-arg", `VERSION=${version}`],
    ...["--build-arg", "REVISION=abc"],
    ...["--build-arg", "CREATED=2026-01-01T00:00:00Z"],
  ]);
});

/** Stands for buildah: writes the archive as it does, and knows one image. */
const buildah = `#!/bin/sh
case $1 in
  push) archive=\${4#docker-archive:}; echo image > "\${archive%%:*}" ;;
  images) echo '[{"size": "88 MB"}]' ;;
esac
`;

Deno.test("the image's archive is written where it is asked for", async () => {
  const tree = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${tree}/buildah`, buildah, { mode: 0o755 });
    const archive = `${tree}/dist/nodeping-image.tar`;
    const { code, stderr } = await run(spawnProcess, {
      command: Deno.execPath(),
      args: ["task", "--quiet", "--cwd", new URL("../", import.meta.url).pathname, "image"],
      env: { PATH: `${tree}:${Deno.env.get("PATH")}`, NODEPING_IMAGE_TAR: archive },
    });
    assert.equal(code, 0, stderr);
    assert.equal(await Deno.readTextFile(archive), "image\n");
  } finally {
    await Deno.remove(tree, { recursive: true });
  }
});
