import assert from "node:assert/strict";
import type { Inventory, Package } from "../licences/packages.ts";
import { billOfMaterials } from "./sbom.ts";

function pack(name: string, dependencies: readonly string[]): Package {
  const sha512 = "ab".repeat(64);
  return {
    name,
    dependencies,
    sha512,
    version: "1.0.0",
    licence: "MIT",
    licenceText: "",
    homepage: "",
  };
}

const inventory: Inventory = {
  packages: [pack("@a/shipped", ["deep"]), pack("build-only", []), pack("deep", [])],
  embedded: new Set(["@a/shipped", "deep"]),
  direct: new Set(["@a/shipped", "build-only"]),
};

/** The parts of a bill of materials that are looked at here. */
interface Component {
  readonly type: string;
  readonly "bom-ref": string;
  readonly group?: string;
  readonly name: string;
  readonly scope?: string;
  readonly purl: string;
  readonly licenses: readonly { readonly license: { readonly id: string } }[];
  readonly hashes?: readonly { readonly content: string }[];
}

interface Bom {
  readonly bomFormat: string;
  readonly specVersion: string;
  readonly version: number;
  readonly serialNumber: string;
  readonly metadata: { readonly timestamp: string; readonly component: Component };
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn?: string[] }[];
}

async function describe(time?: number): Promise<Bom> {
  return JSON.parse(await text(time)) as Bom;
}

function text(time = 1_700_000_000): Promise<string> {
  return billOfMaterials({ version: "1.2.3", deno: "2.9.6", inventory, source: undefined, time });
}

// What the JSON schema of CycloneDX 1.6 requires; a whole release was checked against it by
// @cyclonedx/cyclonedx-library's strict validator.
Deno.test("billOfMaterials() has what CycloneDX 1.6 requires", async () => {
  const bom = await describe();
  assert.deepEqual([bom.bomFormat, bom.specVersion, bom.version], ["CycloneDX", "1.6", 1]);
  assert.match(
    bom.serialNumber,
    /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  );
  assert.equal(bom.metadata.timestamp, "2023-11-14T22:13:20.000Z");
  const components = [bom.metadata.component, ...bom.components];
  for (const component of components) {
    assert.match(component.type, /^(application|library|platform)$/);
    assert.match(component.purl, /^pkg:(npm|github|generic)\/[^@]+@[^@]+$/);
    assert.ok(component.name !== "" && component.licenses.length > 0);
    for (const { content } of component.hashes ?? []) assert.match(content, /^[0-9a-f]{128}$/);
  }
  const references = components.map((component) => component["bom-ref"]);
  assert.equal(new Set(references).size, references.length);
  for (const { ref, dependsOn } of bom.dependencies) {
    for (const name of [ref, ...dependsOn ?? []]) assert.ok(references.includes(name), name);
  }
});

Deno.test("billOfMaterials() says what is shipped, and what depends on what", async () => {
  const { components, dependencies } = await describe();
  assert.deepEqual(components.map(({ group, name, scope }) => [group, name, scope]), [
    [undefined, "deno", "required"],
    ["@a", "shipped", "required"],
    [undefined, "build-only", "excluded"],
    [undefined, "deep", "required"],
  ]);
  const dependsOn = new Map(dependencies.map(({ ref, dependsOn }) => [ref, dependsOn]));
  assert.deepEqual(dependsOn.get("nodeping@1.2.3"), [
    ...["deno@2.9.6", "pkg:npm/%40a/shipped@1.0.0", "pkg:npm/build-only@1.0.0"],
  ]);
  assert.deepEqual(dependsOn.get("pkg:npm/%40a/shipped@1.0.0"), ["pkg:npm/deep@1.0.0"]);
});

Deno.test("billOfMaterials() is the same for the same input, and another for another", async () => {
  assert.equal(await text(), await text());
  assert.notEqual((await describe()).serialNumber, (await describe(1)).serialNumber);
});
