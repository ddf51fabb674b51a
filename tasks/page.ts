/**
 * Makes src/matrix/page.js of src/ui/page: the page's script, as one text that the program embeds.
 * It is checked in, so that `deno run main.ts ui` works without a build; --check compares.
 *
 * @module
 */

import { gzipSync } from "node:zlib";
import { run, spawnProcess } from "../src/platform/process.ts";
import { errorMessage } from "../src/platform/terminal.ts";

const output = "src/matrix/page.js";
const styles = "src/matrix/style";
const entry = "src/ui/page/main.tsx";
const config = "src/ui/page/deno.json";
/** What the page may weigh, compressed. */
const maxBytes = 80_000;

async function deno(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await run(spawnProcess, { command: Deno.execPath(), args });
  if (code !== 0) throw new Error(`"deno ${args.join(" ")}" ended with ${code}\n${stderr}`);
  return stdout;
}

async function bundle(): Promise<string> {
  const flags = ["--quiet", "--config", config, "--platform", "browser", "--minify"];
  const text = await deno("bundle", ...flags, entry);
  const missing = /\b(?:from|import|require\()\s*"(node:[^"]+)"/.exec(text)?.[1];
  if (missing !== undefined) {
    throw new Error(`The page needs "${missing}", which no browser has: import less of src`);
  }
  // A script element ends at its end tag, wherever it stands.
  return text.replaceAll("</script", "<\\/script");
}

if (import.meta.main) {
  const report = (line: string) => Deno.stderr.writeSync(new TextEncoder().encode(`${line}\n`));
  try {
    await deno("check", "--quiet", "--config", config, entry);
    await deno("fmt", "--quiet", "--check", "--config", config, "src/ui/page");
    await deno("lint", "--quiet", "--config", config, "src/ui/page");
    const text = await bundle();
    const files = await Array.fromAsync(Deno.readDir(styles), ({ name }) => `${styles}/${name}`);
    const texts = await Promise.all(files.map((path) => Deno.readTextFile(path)));
    const bytes = gzipSync(text + texts.join(""), { level: 9 }).length;
    if (bytes > maxBytes) throw new Error(`The page weighs ${bytes} bytes: at most ${maxBytes}`);
    if (!Deno.args.includes("--check")) {
      await Deno.writeTextFile(output, text);
      report(`${output}: ${text.length} bytes, ${bytes} with its style, compressed`);
    } else if (await Deno.readTextFile(output).catch(() => "") !== text) {
      throw new Error(`${output} is out of step with src/ui/page: run "deno task page"`);
    }
  } catch (error) {
    report(errorMessage(error));
    Deno.exit(1);
  }
}
