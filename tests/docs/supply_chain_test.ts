import assert from "node:assert/strict";
import denoJson from "../../deno.json" with { type: "json" };
import { root } from "./pages.ts";

const lock = JSON.parse(Deno.readTextFileSync(`${root}deno.lock`)) as {
  readonly npm: Readonly<Record<string, { readonly integrity: string }>>;
};

Deno.test("every import is of an exact version that the lock file has with its integrity", () => {
  for (const [name, target] of Object.entries(denoJson.imports)) {
    const [, version] = /^npm:\/?(@?[\w-]+(?:\/[\w-]+)?@\d+\.\d+\.\d+)(\/|$)/.exec(target) ?? [];
    assert.ok(version, `${name}: ${target}`);
    const locked = Object.keys(lock.npm).filter((key) => key.split("_")[0] === version);
    assert.equal(locked.length, 1, version);
  }
  for (const [name, { integrity }] of Object.entries(lock.npm)) {
    assert.match(integrity, /^sha512-[\w+/]{86}==$/, name);
  }
});

Deno.test("the Dockerfile names its bases by digest and fping's source by checksum", async () => {
  const text = await Deno.readTextFile(`${root}Dockerfile`);
  const defaults = new Map([...text.matchAll(/^ARG (\w+)=(\S+)$/gm)].map(([, k, v]) => [k, v]));
  for (const [, base = ""] of text.matchAll(/^FROM (?:--\S+ )?(\S+)/gm)) {
    if (base === "scratch") continue;
    const image = defaults.get(/^\$\{(\w+)\}$/.exec(base)?.[1]) ?? base;
    assert.match(image, /@sha256:[0-9a-f]{64}$/, base);
  }
  assert.match(defaults.get("FPING_SHA256") ?? "", /^[0-9a-f]{64}$/);
  const script = await Deno.readTextFile(`${root}tasks/build-fping.sh`);
  assert.match(script, /^set -eu$/m);
  assert.match(script, /\$FPING_SHA256.*\| sha256sum --check/);
});
