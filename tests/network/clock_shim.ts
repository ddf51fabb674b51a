/**
 * A wall clock of fping's own, which a test can step while fping runs; the machine's clock is
 * never touched.
 *
 * @module
 */

import { run, spawnProcess } from "../../src/platform/process.ts";
import { missingPrograms } from "../needing.ts";

/** Why the clock of fping cannot be shifted here; undefined when it can. */
export function clockShimUnavailable(): string | undefined {
  return missingPrograms("gcc");
}

/** A shiftable clock for one fping. */
export interface ClockShim extends AsyncDisposable {
  /** An executable that runs fping under this clock: for `--fping`. */
  readonly fping: string;
  /** Environment that puts a program under this clock. */
  readonly env: Readonly<Record<string, string>>;
  /** Steps the clock of the fpings that run now; those started later have the machine's. */
  readonly step: (milliseconds: number) => void;
}

/** Builds the shim with gcc in a directory of its own, for the fping at `fping`. */
export async function makeClockShim(fping: string): Promise<ClockShim> {
  const directory = await Deno.makeTempDir({ prefix: "np-clock-" });
  const [library, offsetFile] = [`${directory}/clock_shim.so`, `${directory}/offset`];
  const source = new URL("clock_shim.c", import.meta.url).pathname;
  const args = ["-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", library, source, "-ldl"];
  const built = await run(spawnProcess, { command: "gcc", args });
  if (built.code !== 0) throw new Error(`Cannot build "${source}": ${built.stderr}`);
  const setOffset = (milliseconds: number) => {
    // in place, never by a new file: fping has this one mapped
    const bytes = new Uint8Array(new BigInt64Array([BigInt(milliseconds) * 1_000_000n]).buffer);
    using file = Deno.openSync(offsetFile, { write: true, create: true });
    file.writeSync(bytes);
  };
  setOffset(0);
  let sum = 0;
  const env = { LD_PRELOAD: library, CLOCK_SHIM_FILE: offsetFile };
  const settings = Object.entries(env).map(([name, value]) => `${name}='${value}'`).join(" ");
  await Deno.writeTextFile(`${directory}/fping`, `#!/bin/sh\n${settings} exec '${fping}' "$@"\n`, {
    mode: 0o755,
  });
  return {
    fping: `${directory}/fping`,
    env,
    step: (milliseconds) => setOffset(sum += milliseconds),
    [Symbol.asyncDispose]: () => Deno.remove(directory, { recursive: true }),
  };
}
