/**
 * `deno task generate` writes dashboard, rules and chart templates; with --check it writes nothing
 * and fails where a file is not what it would write.
 *
 * @module
 */

import { outputs } from "./outputs.ts";

/** Writes the files, or says which are out of step. Returns the exit code. */
export async function generate(root: URL, check: boolean): Promise<number> {
  const stale: string[] = [];
  for (const [path, text] of outputs()) {
    const place = new URL(path, root);
    if (await readIfThere(place) === text) continue;
    stale.push(path);
    if (check) continue;
    await Deno.mkdir(new URL(".", place), { recursive: true });
    await Deno.writeTextFile(place, text);
  }
  const encoder = new TextEncoder();
  if (!check) {
    await Deno.stdout.write(encoder.encode(stale.map((path) => `wrote ${path}\n`).join("")));
    return 0;
  }
  if (stale.length === 0) return 0;
  const message = `Out of step with dashboard/: ${stale.join(", ")}. Run \`deno task generate\`\n`;
  await Deno.stderr.write(encoder.encode(message));
  return 1;
}

async function readIfThere(place: URL): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(place);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

if (import.meta.main) {
  const root = new URL("../", import.meta.url);
  Deno.exit(await generate(root, Deno.args.includes("--check")));
}
