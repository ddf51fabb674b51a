/** The bill of materials in CycloneDX's JSON, version 1.6 (ECMA-424). @module */

import type { Inventory, Package } from "../licences/packages.ts";

/** What {@linkcode billOfMaterials} describes. */
export interface SbomOptions {
  readonly version: string;
  /** Version of the Deno whose runtime the programs embed. */
  readonly deno: string;
  readonly inventory: Inventory;
  /** The repository's page; undefined where there is none. */
  readonly source: string | undefined;
  /** Seconds since 1970, in place of the time of its making. */
  readonly time: number;
}

/** A component, as far as nodeping fills it in. */
interface Component {
  readonly type: "application" | "library" | "platform";
  readonly "bom-ref": string;
  readonly group?: string;
  readonly name: string;
  readonly version: string;
  readonly scope?: "required" | "excluded";
  readonly purl: string;
  readonly licenses: readonly { readonly license: { readonly id: string } }[];
  readonly hashes?: readonly { readonly alg: "SHA-512"; readonly content: string }[];
  readonly externalReferences?: readonly { readonly type: string; readonly url: string }[];
}

interface Dependency {
  readonly ref: string;
  readonly dependsOn: readonly string[];
}

/** A bill of materials; the same input gives the same, down to its serial number. */
export interface Bom {
  readonly bomFormat: "CycloneDX";
  readonly specVersion: "1.6";
  readonly serialNumber: string;
  readonly version: 1;
  readonly metadata: { readonly timestamp: string; readonly component: Component };
  readonly components: readonly Component[];
  readonly dependencies: readonly Dependency[];
}

/** Describes the programs of a release: Deno's runtime and each package of the lock. */
export async function billOfMaterials(options: SbomOptions): Promise<Bom> {
  const { version, deno, inventory: { packages, embedded, direct }, source, time } = options;
  const own = ownComponent(version, source);
  const runtime: Component = {
    ...{ type: "platform", "bom-ref": `deno@${deno}`, name: "deno", version: deno },
    ...{ scope: "required", purl: `pkg:github/denoland/deno@v${deno}` },
    licenses: [{ license: { id: "MIT" } }],
  };
  const references = new Map(packages.map((one) => [one.name, purlOf(one)]));
  const dependsOn = packages.filter(({ name }) => direct.has(name)).map(purlOf);
  const body = {
    metadata: { timestamp: new Date(time * 1000).toISOString(), component: own },
    components: [runtime, ...packages.map((one) => componentOf(one, embedded.has(one.name)))],
    dependencies: [
      { ref: own["bom-ref"], dependsOn: [runtime["bom-ref"], ...dependsOn] },
      ...packages.map((one) => ({
        ref: purlOf(one),
        dependsOn: one.dependencies.map((name) => references.get(name)!),
      })),
    ],
  };
  const serialNumber = `urn:uuid:${await uuidOf(JSON.stringify(body))}`;
  return { bomFormat: "CycloneDX", specVersion: "1.6", serialNumber, version: 1, ...body };
}

function ownComponent(version: string, source: string | undefined): Component {
  return {
    ...{ type: "application", "bom-ref": `nodeping@${version}`, name: "nodeping", version },
    purl: `pkg:generic/nodeping@${version}`,
    licenses: [{ license: { id: "Apache-2.0" } }],
    ...(source === undefined ? {} : { externalReferences: [{ type: "vcs", url: source }] }),
  };
}

function componentOf(one: Package, isEmbedded: boolean): Component {
  const [, group, name = one.name] = /^(@[^/]+)\/(.+)$/.exec(one.name) ?? [];
  return {
    type: "library",
    "bom-ref": purlOf(one),
    ...(group === undefined ? {} : { group }),
    ...{ name, version: one.version, scope: isEmbedded ? "required" : "excluded" },
    purl: purlOf(one),
    licenses: [{ license: { id: one.licence } }],
    hashes: [{ alg: "SHA-512", content: one.sha512 }],
  };
}

/** Package URL (github.com/package-url): the scope's "@" is percent-encoded. */
function purlOf({ name, version }: Package): string {
  return `pkg:npm/${name.replace("@", "%40")}@${version}`;
}

/** A UUID of version 8 (RFC 9562, section 5.8) from the text's digest. */
async function uuidOf(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  const bytes = new Uint8Array(digest).slice(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return bytes.toHex().replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
