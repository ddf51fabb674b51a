/** Rules as YAML. @module */

import { stringify } from "yaml";
import type { RuleGroup } from "./rule.ts";

/** The first line of every generated file. */
export const generatedNote = "Made by `deno task generate` from dashboard/: do not edit";

/** A value as YAML: long expressions on one line each, no anchors. */
export function yaml(value: unknown, indent = 0): string {
  const text = stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
  const space = " ".repeat(indent);
  return text.split("\n").map((line) => (line === "" ? "" : space + line)).join("\n");
}

/** A rule file for a Prometheus without the operator. */
export function ruleFile(groups: readonly RuleGroup[]): string {
  return `# ${generatedNote}.\n${yaml({ groups })}`;
}
