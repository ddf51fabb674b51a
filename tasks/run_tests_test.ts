import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { run, spawnProcess } from "../src/platform/process.ts";

const tasks = fileURLToPath(new URL("./", import.meta.url));

/** Registers tests for several files, as tests/network/laboratory.ts does. */
const helper = `
export function labTest(name: string, fn: () => void): void {
  Deno.test(\`\${name} (lab 5.1)\`, async (t) => void await t.step("a step", fn));
}`;

/** Fails at the first run alone, by a file that it leaves; "lasting" fails always. */
const testFile = `
import { labTest } from "./helper.ts";
labTest("good", () => {});
labTest("busy", () => {
  try {
    Deno.writeTextFileSync("tried", "", { createNew: true });
  } catch { return; }
  throw new Error("The machine was busy");
});
if (Deno.env.get("LASTING")) labTest("lasting", () => { throw new Error("A bug"); });
`;

/** Cannot be loaded where "BROKEN" is set; it has no test of its own. */
const otherFile = `if (Deno.env.get("BROKEN")) throw new Error("Not loaded");`;

async function runTests(
  env: Readonly<Record<string, string>>,
  ...more: readonly string[]
): Promise<[number, string]> {
  const directory = await Deno.makeTempDir({ prefix: "np-run-tests-" });
  try {
    await Deno.mkdir(`${directory}/tests/network`, { recursive: true });
    await Deno.mkdir(`${directory}/tasks`);
    for (const name of ["run_tests.ts", "junit.ts"]) {
      await Deno.copyFile(`${tasks}${name}`, `${directory}/tasks/${name}`);
    }
    await Deno.writeTextFile(`${directory}/tests/network/helper.ts`, helper);
    await Deno.writeTextFile(`${directory}/tests/network/some_test.ts`, testFile);
    await Deno.writeTextFile(`${directory}/tests/network/other_test.ts`, otherFile);
    const script = `cd "$0" && exec "$1" run --allow-all --no-config tasks/run_tests.ts network ${
      more.join(" ")
    }`;
    const { code, stdout } = await run(spawnProcess, {
      command: "sh",
      args: ["-ec", script, directory, Deno.execPath()],
      env,
    });
    return [code, stdout];
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

Deno.test("a test of real time that fails is tried once more, wherever it was registered", async () => {
  const [code, out] = await runTests({});
  assert.match(out, /^Tried once more, alone: busy \(lab 5\.1\).*$/m, out);
  assert.match(
    out,
    /^Passed at the second try: 2: busy \(lab 5\.1\), busy \(lab 5\.1\) > a step\n4 passed, 0 failed, 0 skipped$/m,
    out,
  );
  assert.equal(code, 0);
});

Deno.test("a test that fails twice has failed", async () => {
  const [code, out] = await runTests({ LASTING: "1" });
  assert.match(
    out,
    /^Failed: lasting \(lab 5\.1\) \(\S+helper\.ts\)\nFailed: .*\n4 passed, 2 failed, 0 skipped$/m,
    out,
  );
  assert.equal(code, 1);
});

Deno.test("a file that cannot be loaded has failed, also beside a test that fails once", async () => {
  const [code, out] = await runTests({ BROKEN: "1" });
  assert.match(out, /^Failed: .* \(not loaded\)\n4 passed, 1 failed, 0 skipped$/m, out);
  assert.equal(code, 1);
});

Deno.test("a suite that does not exist is refused, before others run", async () => {
  const [code, out] = await runTests({}, "netwrok");
  assert.equal(
    out,
    'Unknown suite "netwrok": write units, programs, kubernetes, network, rate, long, paths, e2e\n',
  );
  assert.equal(code, 2);
});
