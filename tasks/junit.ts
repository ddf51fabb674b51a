/** Reads the JUnit reports of `deno test`, and says what came of the tests. @module */

/** What one test, or one step of one, came to. */
export interface TestCase {
  /** Where it was registered: the test file, or a helper that several test files use. */
  readonly file: string;
  /** A step is called "test > step". */
  readonly name: string;
  readonly outcome: "passed" | "failed" | "skipped";
}

/** The test cases of a report. */
export function readJunit(xml: string): readonly TestCase[] {
  const files = xml.matchAll(/<testsuite name="([^"]*)"[^>]*?(?:\/>|>([\s\S]*?)<\/testsuite>)/g);
  return [...files].flatMap(([, file = "", body = ""]) => casesOf(unescapeXml(file), body));
}

function casesOf(file: string, xml: string): readonly TestCase[] {
  const cases = xml.matchAll(/<testcase name="([^"]*)"[^>]*?(?:\/>|>([\s\S]*?)<\/testcase>)/g);
  return [...cases].map(([, name = "", body = ""]) => ({
    file,
    name: unescapeXml(name),
    outcome: outcomeOf(body),
  }));
}

function outcomeOf(xml: string): TestCase["outcome"] {
  if (xml.includes("<skipped")) return "skipped";
  return /<(failure|error)/.test(xml) ? "failed" : "passed";
}

/** How many tests were skipped for each reason, which stands at the end of their names; most first. */
export function skipLines(names: readonly string[]): readonly string[] {
  const byReason = Map.groupBy(
    names,
    (name) => /\(skipped: (.*)\)$/.exec(name)?.[1] ?? `no reason given: ${name}`,
  );
  return [...byReason].toSorted(([, one], [, other]) => other.length - one.length)
    .map(([reason, { length }]) =>
      `Skipped ${length} ${length === 1 ? "test" : "tests"}: ${reason}`
    );
}

/** What failed at first, with what its second try came to in its place. */
export function withRetries(
  first: readonly TestCase[],
  again: readonly TestCase[],
): readonly TestCase[] {
  const key = ({ file, name }: TestCase) => `${file}\n${name}`;
  const second = new Map(again.map((one) => [key(one), one]));
  return first.map((one) => one.outcome === "failed" ? second.get(key(one)) ?? one : one);
}

/** A regular expression for `deno test --filter` that lets through the tests of these cases alone. */
export function filterOf(cases: readonly TestCase[]): string {
  // Names may hold " > " themselves: then one name more matches nothing.
  const names = cases.flatMap(({ name }) => {
    const parts = name.split(" > ");
    return parts.map((_, index) => parts.slice(0, index + 1).join(" > "));
  });
  const escaped = [...new Set(names)].map((name) =>
    name.replaceAll(/[.*+?^${}()|[\]\\/]/g, "\\$&")
  );
  return `/^(${escaped.join("|")})$/`;
}

function unescapeXml(text: string): string {
  const entities: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', apos: "'" };
  return text.replaceAll(/&(lt|gt|quot|apos|amp);/g, (_, name: string) => entities[name] ?? "&");
}
