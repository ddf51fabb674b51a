/**
 * Writes tests/testdata/fping: what fping 5.1 and 5.5 print, verbatim, in every situation of
 * capture_situations.ts.
 *
 * usage, as root: NODEPING_FPING_55=FILE deno run -A tests/network/capture_fping.ts [NAME...]
 *
 * @module
 */

import { setTimeout as delay } from "node:timers/promises";
import { makeClockShim } from "./clock_shim.ts";
import { situations } from "./capture_situations.ts";
import type { Situation, Stage } from "./capture_stage.ts";
import { fpingVersions } from "./fping_versions.ts";
import type { FpingVersion } from "./fping_versions.ts";
import { makeNamespace } from "./namespace.ts";
import { startResponder } from "./responder.ts";

const directory = new URL("../testdata/fping/", import.meta.url).pathname;
const standardOptions = ["-l", "-D", "-p", "500", "-t", "1000"];

interface Job {
  readonly name: string;
  readonly situation: Situation;
  readonly fping: FpingVersion;
}

/** Captures one situation with one fping into its file. */
async function capture({ name, situation, fping }: Job): Promise<void> {
  await using namespace = await makeNamespace();
  await using responder = await startResponder(namespace);
  await using clock = await makeClockShim(fping.path ?? "");
  await responder.setScript(situation.script ?? {});
  const list = await Deno.makeTempFile();
  await Deno.writeTextFile(list, situation.targets.map((target) => `${target}\n`).join(""));
  const options = situation.options ?? [];
  const pace = options.includes("-i") ? [] : ["-i", "5"];
  const line = [...standardOptions, ...pace, ...options, "-f", list];
  const stepsClock = name.startsWith("clock-");
  const stage = { namespace, clock, at: () => Promise.resolve(), kill: () => {} };
  await situation.before?.(stage);
  const plain = await withoutFileCapabilities(fping.path ?? "");
  const [program = "", ...args] = namespace.inside(
    ...situation.under ?? [],
    stepsClock ? clock.fping : plain,
    ...line,
  );
  const child = new Deno.Command(program, { args, stdout: "piped", stderr: "piped" }).spawn();
  const output = child.output();
  const started = performance.now();
  const running: Stage = {
    ...stage,
    kill: (signal) => child.kill(signal),
    at: (milliseconds) => delay(Math.max(0, started + milliseconds - performance.now())),
  };
  const acted = (situation.during ?? endByDefault)(running);
  const { stdout, stderr, code, signal } = await Promise.race([output, acted.then(() => output)]);
  await Deno.remove(list);
  await Deno.remove(plain);
  const under = situation.under ? `, under ${situation.under[0]}` : "";
  const shown = line.map((word) => word === list ? "LIST" : word).join(" ");
  await Deno.writeTextFile(
    `${directory}${name}-${fping.version}.txt`,
    `# fping ${fping.version}: ${situation.how}
# fping ${shown}${under}
# targets: ${situation.targets.slice(0, 10).join(" ")}; made by tests/network/capture_fping.ts
=== stdout
${lastLines(text(stdout), situation.tail)}
=== stderr
${text(stderr)}
=== exit ${signal ?? code}
`,
  );
}

/** A copy of the program: Debian's fping has file capabilities, which fail where NET_RAW is dropped. */
async function withoutFileCapabilities(path: string): Promise<string> {
  const copy = await Deno.makeTempFile({ prefix: "fping-" });
  await Deno.copyFile(path, copy);
  await Deno.chmod(copy, 0o755);
  return copy;
}

async function endByDefault(stage: Stage): Promise<void> {
  await stage.at(2200);
  try {
    stage.kill("SIGTERM");
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // it has ended by itself
  }
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function lastLines(all: string, count: number | undefined): string {
  return count === undefined ? all : all.split("\n").slice(-count - 1).join("\n");
}

if (import.meta.main) {
  await Deno.mkdir(directory, { recursive: true });
  const jobs = Object.entries(situations)
    .filter(([name]) => Deno.args.length === 0 || Deno.args.includes(name))
    .flatMap(([name, situation]) =>
      fpingVersions()
        .filter(({ unavailable, version }) =>
          unavailable === undefined && version === (situation.only ?? version)
        )
        .map((fping) => ({ name, situation, fping }))
    );
  const worker = async () => {
    for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) await capture(job);
  };
  await Promise.all([worker(), worker(), worker(), worker()]);
}
