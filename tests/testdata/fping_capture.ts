/** Reads the captures of real fping output in tests/testdata/fping. @module */

/** What one fping printed in one situation. */
export interface FpingCapture {
  readonly stdout: string;
  readonly stderr: string;
  /** Exit code, or the name of the signal that ended it. */
  readonly exit: string;
}

/** Names of all captures of a version, without the version. */
export function captureNames(version: "5.1" | "5.5"): string[] {
  const end = `-${version}.txt`;
  return [...Deno.readDirSync(directory)]
    .filter(({ name }) => name.endsWith(end))
    .map(({ name }) => name.slice(0, -end.length))
    .sort();
}

/** The capture of a situation; throws where there is none. */
export function readCapture(name: string, version: "5.1" | "5.5"): FpingCapture {
  const text = Deno.readTextFileSync(new URL(`${name}-${version}.txt`, directory));
  const parts = /\n=== stdout\n(.*)\n=== stderr\n(.*)\n=== exit (\w+)\n$/s.exec(text);
  if (parts === null) throw new Error(`Cannot read the capture "${name}" of fping ${version}`);
  const [, stdout = "", stderr = "", exit = ""] = parts;
  return { stdout, stderr, exit };
}

const directory = new URL("fping/", import.meta.url);
