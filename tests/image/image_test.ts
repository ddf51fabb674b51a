import assert from "node:assert/strict";
import { run, spawnProcess } from "../../src/platform/process.ts";
import { version } from "../../src/version.ts";
import { needing } from "../needing.ts";

/** Name of the image in buildah's store, as `deno task image` leaves it. */
const image = Deno.env.get("NODEPING_IMAGE") ?? `localhost/nodeping:${version}`;

async function tryRun(command: string, ...args: string[]): Promise<string | undefined> {
  try {
    const { code, stdout, stderr } = await run(spawnProcess, { command, args });
    return code === 0 ? `${stdout}${stderr}` : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

const inspected = await tryRun("buildah", "inspect", "--type", "image", image);

function imageTest(name: string, test: () => Promise<void>): void {
  const missing = inspected === undefined ? `no image ${image}; deno task image` : undefined;
  Deno.test({ ...needing(name, missing), fn: test });
}

async function withContainer(test: (container: string) => Promise<void>): Promise<void> {
  const container = (await tryRun("buildah", "from", "--pull-never", image))?.trim();
  assert.ok(container);
  try {
    await test(container);
  } finally {
    await tryRun("buildah", "rm", container);
  }
}

imageTest("the image starts the agent, as no root, and carries its labels", () => {
  const { OCIv1 } = JSON.parse(inspected!) as {
    OCIv1: {
      config: {
        Entrypoint: string[];
        User: string;
        ExposedPorts: object;
        Labels: Record<string, string>;
      };
    };
  };
  const { Entrypoint, User, ExposedPorts, Labels } = OCIv1.config;
  assert.deepEqual(Entrypoint, ["/usr/bin/nodeping"]);
  assert.equal(User, "65532:65532");
  assert.deepEqual(Object.keys(ExposedPorts), ["10927/tcp"]);
  assert.equal(Labels["org.opencontainers.image.title"], "nodeping");
  assert.equal(Labels["org.opencontainers.image.version"], version);
  assert.equal(Labels["org.opencontainers.image.licenses"], "Apache-2.0");
  assert.match(Labels["org.opencontainers.image.created"] ?? "", /^\d{4}-\d\d-\d\dT/);
  return Promise.resolve();
});

imageTest("the image's programs run on its base", () =>
  withContainer(async (container) => {
    const isolation = ["run", "--isolation", "chroot", container, "--"];
    assert.equal(
      await tryRun("buildah", ...isolation, "/usr/bin/nodeping", "version"),
      `nodeping ${version}\n`,
    );
    const fping = await tryRun("buildah", ...isolation, "/usr/bin/fping", "-v");
    assert.match(fping ?? "", /Version 5\.([2-9]|\d\d)/);
  }));

imageTest(
  "fping finds /etc/protocols, and has no capability that would forbid its start",
  () =>
    withContainer(async (container) => {
      const root = (await tryRun("buildah", "mount", container))?.trim();
      assert.ok(root);
      assert.match(await Deno.readTextFile(`${root}/etc/protocols`), /^icmp\s+1\s/m);
      const capabilities = await tryRun("getcap", `${root}/usr/bin/fping`);
      assert.notEqual(capabilities, undefined, "getcap is needed: install libcap2-bin");
      assert.equal(capabilities, "");
      const { mode } = await Deno.stat(`${root}/usr/bin/fping`);
      assert.equal((mode ?? 0) & 0o7777, 0o755);
      for (const text of ["LICENSE", "THIRD_PARTY_LICENSES"]) {
        assert.ok((await Deno.stat(`${root}/usr/share/doc/nodeping/${text}`)).size > 10_000, text);
      }
      await assert.rejects(Deno.stat(`${root}/bin/sh`), Deno.errors.NotFound);
    }),
);
