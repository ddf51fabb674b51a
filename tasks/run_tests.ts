/**
 * Runs every test that this machine can run, says what it skipped and why, and counts.
 *
 * With NODEPING_SKIP=refuse a skipped test is a failure: on machines that have everything.
 * Suites can be named: `deno task test units network`.
 *
 * @module
 */

interface Suite {
  readonly name: string;
  /** Whether a test file belongs to the suite. */
  readonly has: (path: string) => boolean;
  readonly parallel: boolean;
  /** What it takes, for a suite that runs only when it is named. */
  readonly onDemand?: string;
}

interface SuiteResult {
  readonly passed: number;
  readonly failed: number;
  /** Names of the tests that were skipped; each says why. */
  readonly skipped: readonly string[];
}

const rateTest = "tests/network/rate_test.ts";

const suites: readonly Suite[] = [
  {
    name: "units",
    has: (path) => !/^tests\/(network|e2e|image|kubernetes|sync|plugin)\//.test(path),
    parallel: true,
  },
  // Each file starts an API server of its own, and says how long a node takes to get there.
  {
    name: "kubernetes",
    has: (path) => /^tests\/(kubernetes|sync|plugin)\//.test(path),
    parallel: false,
  },
  {
    name: "network",
    has: (path) => path.startsWith("tests/network/") && path !== rateTest,
    parallel: true,
  },
  // fping is one thread with a wake-up for each probe: it needs a processor of its own.
  { name: "rate", has: (path) => path === rateTest, parallel: false },
  {
    name: "e2e",
    has: (path) => /^tests\/(e2e|image)\//.test(path),
    parallel: false,
    onDemand: "a cluster and an image: see tests/e2e/README.md",
  },
];

const environment = {
  refuseSkips: Deno.env.get("NODEPING_SKIP") === "refuse",
};

async function main(): Promise<void> {
  const wanted = suites.filter(({ name, onDemand }) =>
    Deno.args.length === 0 ? onDemand === undefined : Deno.args.includes(name)
  );
  const results: SuiteResult[] = [];
  for (const suite of wanted) results.push(await runSuite(suite));
  const skipped = results.flatMap((result) => result.skipped);
  const passed = sum(results.map((result) => result.passed));
  const failed = sum(results.map((result) => result.failed));
  for (const { name, onDemand } of suites) {
    if (onDemand !== undefined && Deno.args.length === 0) {
      report(`Not run: ${name} takes ${onDemand}`);
    }
  }
  for (const name of skipped) report(`Skipped: ${name}`);
  report(`${passed} passed, ${failed} failed, ${skipped.length} skipped`);
  if (environment.refuseSkips && skipped.length > 0) {
    report("Skipped tests are refused here: NODEPING_SKIP is refuse");
    Deno.exit(1);
  }
  Deno.exit(failed > 0 || passed === 0 ? 1 : 0);
}

async function runSuite(suite: Suite): Promise<SuiteResult> {
  report(`\n== ${suite.name}`);
  const paths: string[] = [];
  for await (const path of testFiles(".")) if (suite.has(path)) paths.push(path);
  const junit = await Deno.makeTempFile({ prefix: "nodeping-test-", suffix: ".xml" });
  const args = [
    "test",
    "--allow-all",
    "--quiet",
    `--junit-path=${junit}`,
    ...(suite.parallel ? ["--parallel"] : []),
    ...paths.sort(),
  ];
  const { code } = await new Deno.Command(Deno.execPath(), { args }).spawn().status;
  const result = readJunit(await Deno.readTextFile(junit));
  await Deno.remove(junit);
  // A file that cannot be loaded fails the run without being counted as a test.
  return code !== 0 && result.failed === 0 ? { ...result, failed: 1 } : result;
}

/** Counts the test cases of a JUnit report of `deno test`. */
function readJunit(xml: string): SuiteResult {
  const cases = [...xml.matchAll(/<testcase name="([^"]*)"[^>]*?(?:\/>|>([\s\S]*?)<\/testcase>)/g)];
  const skipped = cases.filter(([, , body]) => body?.includes("<skipped"));
  const failed = cases.filter(([, , body]) => /<(failure|error)/.test(body ?? ""));
  return {
    passed: cases.length - skipped.length - failed.length,
    failed: failed.length,
    skipped: skipped.map(([, name = ""]) => unescapeXml(name)),
  };
}

function unescapeXml(text: string): string {
  const entities: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', apos: "'" };
  return text.replaceAll(/&(lt|gt|quot|apos|amp);/g, (_, name: string) => entities[name] ?? "&");
}

async function* testFiles(directory: string): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(directory)) {
    const path = directory === "." ? entry.name : `${directory}/${entry.name}`;
    if (entry.isDirectory && !/^(\.|dist$|node_modules$)/.test(entry.name)) yield* testFiles(path);
    else if (entry.name.endsWith("_test.ts")) yield path;
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function report(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

await main();
