/**
 * The fpings that network tests run with: Debian 12's own, 5.1, and 5.5, which the image carries.
 *
 * @module
 */

import { findProgram } from "../needing.ts";

/** One fping to test with. */
export interface FpingVersion {
  readonly version: "5.1" | "5.5";
  /** Path of the program; undefined when this machine has none. */
  readonly path: string | undefined;
  /** Why tests with it are skipped; undefined when they can run. */
  readonly unavailable: string | undefined;
}

/** Both versions, the ones that are missing with the reason. */
export function fpingVersions(): readonly FpingVersion[] {
  return [
    found("5.1", findProgram("fping"), "no fping 5.1 found; apt-get install fping"),
    found("5.5", Deno.env.get("NODEPING_FPING_55"), "no fping 5.5 found; set NODEPING_FPING_55"),
  ];
}

function found(
  version: FpingVersion["version"],
  path: string | undefined,
  reason: string,
): FpingVersion {
  const runs = path !== undefined && versionOf(path) === version;
  return { version, path, unavailable: runs ? undefined : reason };
}

/** What `fping -v` says of itself: "fping: Version 5.1"; undefined when it cannot run. */
function versionOf(path: string): string | undefined {
  try {
    const { stdout } = new Deno.Command(path, { args: ["-v"], stderr: "null" }).outputSync();
    return new TextDecoder().decode(stdout).match(/Version (\d+\.\d+)/)?.[1];
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
