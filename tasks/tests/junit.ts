/** Reads the JUnit reports of `deno test`. @module */

/** What the tests of one file came to. */
export interface FileResult {
  readonly passed: number;
  readonly failed: number;
  /** Names of the tests that were skipped; each says why. */
  readonly skipped: readonly string[];
}

/** Counts the test cases of a report, by file. */
export function readJunit(xml: string): ReadonlyMap<string, FileResult> {
  const files = xml.matchAll(/<testsuite name="([^"]*)"[^>]*?(?:\/>|>([\s\S]*?)<\/testsuite>)/g);
  return new Map(
    [...files].map(([, name = "", body = ""]) => [unescapeXml(name), countCases(body)]),
  );
}

function countCases(xml: string): FileResult {
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
