/**
 * `deno task cost` writes docs/cost.md; with --check it fails when the file is out of step.
 *
 * @module
 */

import { costPage } from "./cost/page.ts";

const place = new URL("../docs/cost.md", import.meta.url);

async function main(): Promise<void> {
  const text = costPage();
  if (!Deno.args.includes("--check")) return await Deno.writeTextFile(place, text);
  if (await Deno.readTextFile(place) === text) return;
  const message = "docs/cost.md is out of step with the metric families: run `deno task cost`\n";
  await Deno.stderr.write(new TextEncoder().encode(message));
  Deno.exit(1);
}

await main();
