/** The bill of materials in CycloneDX's JSON, version 1.6 (ECMA-424). @module */

import { Enums, Models, Serialize, Spec } from "@cyclonedx/cyclonedx-library";
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

/**
 * Describes the programs of a release, as JSON: Deno's runtime and each package of the lock. The same
 * input gives the same text, down to its serial number.
 */
export async function billOfMaterials(options: SbomOptions): Promise<string> {
  const { version, deno, inventory: { packages, embedded, direct }, source, time } = options;
  const own = new Models.Component(Enums.ComponentType.Application, "nodeping", {
    ...{ version, bomRef: `nodeping@${version}`, purl: `pkg:generic/nodeping@${version}` },
    licenses: licences("Apache-2.0"),
    externalReferences: new Models.ExternalReferenceRepository(
      source === undefined
        ? []
        : [new Models.ExternalReference(source, Enums.ExternalReferenceType.VCS)],
    ),
  });
  const runtime = new Models.Component(Enums.ComponentType.Platform, "deno", {
    ...{ version: deno, bomRef: `deno@${deno}`, purl: `pkg:github/denoland/deno@v${deno}` },
    ...{ scope: Enums.ComponentScope.Required, licenses: licences("MIT") },
  });
  const components = new Map(packages.map((one) => [one.name, componentOf(one, embedded)]));
  own.dependencies.add(runtime.bomRef);
  for (const { name, dependencies } of packages) {
    const component = components.get(name)!;
    if (direct.has(name)) own.dependencies.add(component.bomRef);
    for (const other of dependencies) component.dependencies.add(components.get(other)!.bomRef);
  }
  const bom = new Models.Bom({
    metadata: new Models.Metadata({ component: own, timestamp: new Date(time * 1000) }),
    components: new Models.ComponentRepository([runtime, ...components.values()]),
  });
  bom.serialNumber = `urn:uuid:${await uuidOf(textOf(bom))}`;
  return textOf(bom);
}

function textOf(bom: Models.Bom): string {
  const normalizers = new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6);
  const text = new Serialize.JsonSerializer(normalizers).serialize(bom, {
    ...{ sortLists: true, space: 1 },
  });
  return `${text}\n`;
}

function componentOf(one: Package, embedded: ReadonlySet<string>): Models.Component {
  const [, group, name = one.name] = /^(@[^/]+)\/(.+)$/.exec(one.name) ?? [];
  // Package URL (github.com/package-url): the scope's "@" is percent-encoded.
  const purl = `pkg:npm/${one.name.replace("@", "%40")}@${one.version}`;
  return new Models.Component(Enums.ComponentType.Library, name, {
    ...(group === undefined ? {} : { group }),
    ...{ version: one.version, bomRef: purl, purl, licenses: licences(one.licence) },
    scope: embedded.has(one.name) ? Enums.ComponentScope.Required : Enums.ComponentScope.Excluded,
    hashes: new Models.HashDictionary([[Enums.HashAlgorithm["SHA-512"], one.sha512]]),
  });
}

function licences(id: string): Models.LicenseRepository {
  return new Models.LicenseRepository([new Models.SpdxLicense(id)]);
}

/** A UUID of version 8 (RFC 9562, section 5.8) from the text's digest. */
async function uuidOf(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  const bytes = new Uint8Array(digest).slice(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return bytes.toHex().replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
