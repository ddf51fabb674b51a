/**
 * Runs every test that this machine can run, says what it skipped and why, and counts.
 *
 * With NODEPING_SKIP=refuse a skipped test is a failure: on machines that have everything.
 * Suites can be named: `deno task test units network`; those that take minutes or a cluster must be.
 *
 * @module
 */

import { filterOf, readJunit, skipLines, withRetries } from "./junit.ts";
import type { TestCase } from "./junit.ts";

interface Suite {
  readonly name: string;
  /** Whether a test file belongs to the suite. */
  readonly has: (path: string) => boolean;
  readonly parallel: boolean;
  /**
   * Whether its tests measure real time on real parts: a test that fails is then tried once more,
   * alone, since a machine that is busy elsewhere for a second is no bug; and that is said.
   */
  readonly realTime: boolean;
  /** What it takes, for a suite that runs only when it is named. */
  readonly onDemand?: string;
}

const rateTest = "tests/network/rate_test.ts";
const wholePrograms: ReadonlySet<string> = new Set([
  "src/agent/command_test.ts",
  "tests/dashboard/queries_test.ts",
  "tests/dashboard/sampled_test.ts",
  "tests/demo_test.ts",
  "tests/mesh/prometheus_test.ts",
  "tests/second_signal_test.ts",
  "tests/ui/accessibility_test.ts",
  "tests/ui/dark_node_test.ts",
  "tests/ui/fault_test.ts",
  "tests/ui/live_page_test.ts",
  "tests/ui/prometheus_test.ts",
]);
/** Networks that take minutes: a fabric of switches, slow links, and paths of many MTUs. */
const pathTests = /^tests\/network\/(burst|fabric|path_mtu|path_mtu_traffic)_test/;
const longTests = /^tests\/(rules\/(large|sampled)_cases|diagnosis\/simulation)_test/;

const suites: readonly Suite[] = [
  {
    name: "units",
    has: (path) =>
      !/^tests\/(network|e2e|image|kubernetes|sync|plugin)\//.test(path) &&
      !wholePrograms.has(path) && !longTests.test(path),
    parallel: true,
    realTime: false,
  },
  // A Prometheus that scrapes, agents that start and end, a page that follows them, bounds in seconds.
  {
    name: "programs",
    has: (path) => wholePrograms.has(path),
    parallel: true,
    realTime: true,
  },
  // Each file starts an API server of its own, and says how long a node takes to get there.
  {
    name: "kubernetes",
    has: (path) => /^tests\/(kubernetes|sync|plugin)\//.test(path),
    parallel: false,
    realTime: true,
  },
  {
    name: "network",
    has: (path) => path.startsWith("tests/network/") && path !== rateTest && !pathTests.test(path),
    parallel: true,
    realTime: true,
  },
  // fping is one thread with a wake-up for each probe: it needs a processor of its own.
  { name: "rate", has: (path) => path === rateTest, parallel: false, realTime: true },
  // A Prometheus scrapes each case of a large cluster for 35 s; diagnose reads thousands of clusters.
  {
    name: "long",
    has: (path) => longTests.test(path),
    parallel: true,
    realTime: true,
    onDemand: "ten minutes: deno task test:long",
  },
  {
    name: "paths",
    has: (path) => pathTests.test(path),
    parallel: true,
    realTime: true,
    onDemand: "four minutes: deno task test:long",
  },
  {
    name: "e2e",
    has: (path) => /^tests\/(e2e|image)\//.test(path),
    parallel: false,
    realTime: true,
    onDemand: "a cluster and an image: see tests/e2e/README.md",
  },
];

/** Stands for files that could not be loaded, and so have no result of their own. */
const unloaded: TestCase = {
  file: "not loaded",
  name: "a file, or what is between its tests",
  outcome: "failed",
};

const environment = {
  refuseSkips: Deno.env.get("NODEPING_SKIP") === "refuse",
};

async function main(): Promise<void> {
  const known = suites.map(({ name }) => name);
  const unknown = Deno.args.filter((name) => !known.includes(name));
  for (const name of unknown) report(`Unknown suite "${name}": write ${known.join(", ")}`);
  if (unknown.length > 0) Deno.exit(2);
  const wanted = suites.filter(({ name, onDemand }) =>
    Deno.args.length === 0 ? onDemand === undefined : Deno.args.includes(name)
  );
  const results: TestCase[] = [];
  const recovered: TestCase[] = [];
  for (const suite of wanted) {
    const { cases, atSecondTry } = await runSuite(suite);
    results.push(...cases);
    recovered.push(...atSecondTry);
  }
  const skipped = named(results, "skipped");
  const passed = named(results, "passed").length;
  const failed = named(results, "failed").length;
  for (const { name, onDemand } of suites) {
    if (onDemand !== undefined && Deno.args.length === 0) {
      report(`Not run: ${name} takes ${onDemand}`);
    }
  }
  for (const line of skipLines(skipped)) report(line);
  if (recovered.length > 0) {
    report(
      `Passed at the second try: ${recovered.length}: ${named(recovered, "passed").join(", ")}`,
    );
  }
  for (const { name, file, outcome } of results) {
    if (outcome === "failed") report(`Failed: ${name} (${file})`);
  }
  report(`${passed} passed, ${failed} failed, ${skipped.length} skipped`);
  if (environment.refuseSkips && skipped.length > 0) {
    report("Skipped tests are refused here: NODEPING_SKIP is refuse");
    Deno.exit(1);
  }
  Deno.exit(failed > 0 || passed === 0 ? 1 : 0);
}

interface SuiteResult {
  readonly cases: readonly TestCase[];
  /** Of these what failed at first. */
  readonly atSecondTry: readonly TestCase[];
}

async function runSuite(suite: Suite): Promise<SuiteResult> {
  report(`\n== ${suite.name}`);
  const paths: string[] = [];
  for await (const path of testFiles(".")) if (suite.has(path)) paths.push(path);
  const first = await runFiles(paths.sort(), suite.parallel ? ["--parallel"] : []);
  const failed = first.filter((one) => one.outcome === "failed" && one !== unloaded);
  if (!suite.realTime || failed.length === 0) return { cases: first, atSecondTry: [] };
  report(`\nTried once more, alone: ${named(failed, "failed").join(", ")}`);
  // By name: a report knows where a test was registered, which may be a helper of several files.
  const again = await runFiles(paths, [`--filter=${filterOf(failed)}`]);
  // What failed at first explained the failure of the first run: a file without results shows in the second.
  const cases = withRetries(first, again);
  return {
    cases: [...cases, ...again.filter((one) => one === unloaded)],
    atSecondTry: cases.filter((one, place) => one.outcome === "passed" && one !== first[place]),
  };
}

async function runFiles(
  paths: readonly string[],
  flags: readonly string[],
): Promise<readonly TestCase[]> {
  const junit = await Deno.makeTempFile({ prefix: "nodeping-test-", suffix: ".xml" });
  const args = ["test", "--allow-all", "--quiet", `--junit-path=${junit}`, ...flags, ...paths];
  const { code } = await new Deno.Command(Deno.execPath(), { args }).spawn().status;
  const results = readJunit(await Deno.readTextFile(junit));
  await Deno.remove(junit);
  const isExplained = code === 0 || named(results, "failed").length > 0;
  // A file that cannot be loaded fails the run without being counted as a test.
  return isExplained ? results : [...results, unloaded];
}

function named(cases: readonly TestCase[], outcome: TestCase["outcome"]): readonly string[] {
  return cases.filter((one) => one.outcome === outcome).map(({ name }) => name);
}

async function* testFiles(directory: string): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(directory)) {
    const path = directory === "." ? entry.name : `${directory}/${entry.name}`;
    if (entry.isDirectory && !/^(\.|dist$|node_modules$)/.test(entry.name)) yield* testFiles(path);
    else if (entry.name.endsWith("_test.ts")) yield path;
  }
}

function report(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

await main();
