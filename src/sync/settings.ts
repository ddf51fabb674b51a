/** The command line of `nodeping sync`, and the settings of one run: flags win over the release's values. @module */

import { flagHelp, parseDurationMs, parseFlags } from "../flags.ts";
import type { FlagSpec } from "../flags.ts";
import { addressTypes, ipFamilies } from "./node_choice.ts";
import type { NodeRules } from "./node_choice.ts";
import { defaultValuesPath, parseValuesPath, valueAt } from "./values.ts";

/** What `--output` takes. */
export type OutputFormat = "text" | "json" | "values";

const outputFormats: readonly OutputFormat[] = ["text", "json", "values"];

/** Flags of sync, for parsing, help and completion. */
export const syncFlagSpecs: readonly FlagSpec[] = [
  { name: "watch", help: "go on watching the nodes until Ctrl-C" },
  { name: "dry-run", help: "show what would change, write nothing" },
  {
    name: "output",
    value: outputFormats.join("|"),
    help: "values are the chart's, for GitOps [text]",
  },
  { name: "values-file", value: "FILE", help: "write values for GitOps there, and nothing else" },
  { name: "chart", value: "REF", help: "upgrade with this chart, not the one in the release" },
  { name: "version", value: "V", help: "version of --chart" },
  { name: "values-path", value: "PATH", help: `where the nodes stand [${defaultValuesPath}]` },
  { name: "selector", value: "LABELS", help: "nodes to list, * for all [the release's]" },
  { name: "address-type", value: addressTypes.join("|"), help: "what is tried first" },
  { name: "ip-family", value: ipFamilies.join("|"), help: "which addresses; dual is one of each" },
  { name: "max-shrink", value: "PERCENT", help: "refuse a list that shrinks by more [50]" },
  { name: "timeout", value: "DURATION", help: "wait for another operation on the release [1m]" },
  { name: "force-conflicts", help: "overwrite fields that others changed (server-side apply)" },
  { name: "exit-code", help: "exit with 3 when changes are pending (with --dry-run)" },
  { name: "configmap", value: "NAME", help: "in a pod: write the nodes to this ConfigMap" },
];

/** A checked command line; what is undefined comes from the release's values. */
export interface SyncOptions {
  /** The only release of the namespace when undefined. */
  readonly release: string | undefined;
  /** Goes on until it is ended. */
  readonly watch: boolean;
  /** Reports, and writes nothing. */
  readonly dryRun: boolean;
  /** Form of the report. */
  readonly output: OutputFormat;
  /** Written instead of a revision. */
  readonly valuesFile: string | undefined;
  /** Reference of a chart, where that of the release is not to be used. */
  readonly chart: string | undefined;
  /** --version of that chart. */
  readonly chartVersion: string | undefined;
  /** Where the node list stands in the values: ["nodePing", "nodes"]. */
  readonly valuesPath: readonly string[];
  /** "*" for all nodes. */
  readonly selector: string | undefined;
  /** Wins over the release's values. */
  readonly addressType: NodeRules["addressType"] | undefined;
  /** Wins over the release's values. */
  readonly ipFamily: NodeRules["ipFamily"] | undefined;
  /** Percent. */
  readonly maxShrink: number | undefined;
  /** Longest wait for an operation of Helm that is under way. */
  readonly timeoutMs: number;
  /** Helm 4: takes fields that somebody else has set. */
  readonly forceConflicts: boolean;
  /** Whether exit code 3 means that changes are pending. */
  readonly exitCode: boolean;
  /** Name of the ConfigMap to write in place of a release: the sync in the cluster. */
  readonly configMap: string | undefined;
}

/** What {@linkcode readSyncOptions} found. */
export type SyncOptionsResult =
  | { readonly kind: "options"; readonly options: SyncOptions }
  | { readonly kind: "help" }
  | { readonly kind: "problems"; readonly problems: readonly string[] };

/** Reads the command line; all its problems at once. */
export function readSyncOptions(args: readonly string[]): SyncOptionsResult {
  // `helm -nfoo nodeping` hands the glued flag on, though Helm has taken it.
  const { values, switches, positionals, problems: found } = parseFlags(
    syncFlagSpecs,
    args.filter((argument) => !/^-n\w/.test(argument)),
  );
  if (switches.has("help")) return { kind: "help" };
  const problems = [...found];
  const oneOf = <T extends string>(name: string, known: readonly T[]): T | undefined => {
    const value = values.get(name);
    const match = known.find((one) => one.toLowerCase() === value?.toLowerCase());
    if (value !== undefined && match === undefined) {
      problems.push(`--${name} is "${value}": write one of ${known.join(", ")}`);
    }
    return match;
  };
  const maxShrink = readPercentage(values.get("max-shrink"));
  if (Number.isNaN(maxShrink)) {
    problems.push(
      `--max-shrink is "${values.get("max-shrink")}": write a percentage from 0 to 100`,
    );
  }
  const timeoutMs = parseDurationMs(values.get("timeout") ?? "1m");
  if (timeoutMs === undefined) {
    problems.push(`--timeout is "${values.get("timeout")}": write a duration such as 30s or 5m`);
  }
  const valuesPath = parseValuesPath(values.get("values-path") ?? defaultValuesPath);
  if (valuesPath === undefined) {
    problems.push(`--values-path is "${values.get("values-path")}": write keys such as a.b.nodes`);
  }
  const [release, ...more] = positionals;
  if (more.length > 0) problems.push(`More than one release: ${positionals.join(", ")}`);
  const options: SyncOptions = {
    release,
    watch: switches.has("watch"),
    dryRun: switches.has("dry-run"),
    output: oneOf("output", outputFormats) ?? "text",
    valuesFile: values.get("values-file"),
    chart: values.get("chart"),
    chartVersion: values.get("version"),
    valuesPath: valuesPath ?? [],
    selector: values.get("selector"),
    addressType: oneOf("address-type", addressTypes),
    ipFamily: oneOf("ip-family", ipFamilies),
    maxShrink,
    timeoutMs: timeoutMs ?? 0,
    forceConflicts: switches.has("force-conflicts"),
    exitCode: switches.has("exit-code"),
    configMap: values.get("configmap"),
  };
  problems.push(...contradictions(options));
  return problems.length > 0 ? { kind: "problems", problems } : { kind: "options", options };
}

/** NaN for what is no percentage. */
function readPercentage(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const [, digits] = /^(\d+(?:\.\d+)?)\s*%?$/.exec(text) ?? [];
  const percent = Number(digits);
  return percent <= 100 ? percent : NaN;
}

function contradictions(options: SyncOptions): string[] {
  const { watch, dryRun, configMap, valuesFile, chart, chartVersion, valuesPath } = options;
  const isUmbrella = valuesPath.length > 0 && valuesPath.join(".") !== defaultValuesPath;
  return [
    [watch && dryRun, "--watch and --dry-run exclude each other"],
    [watch && options.exitCode, "--watch and --exit-code exclude each other"],
    [
      watch && options.output === "values" && valuesFile === undefined,
      "--watch --output values writes nothing: give --values-file",
    ],
    [
      options.exitCode && !dryRun && !watch,
      "--exit-code needs --dry-run: nothing is pending after a write",
    ],
    [configMap !== undefined && !watch, "--configmap needs --watch"],
    [configMap !== undefined && valuesFile !== undefined, "--configmap excludes --values-file"],
    [configMap !== undefined && options.release !== undefined, "--configmap takes no release"],
    [chartVersion !== undefined && chart === undefined, "--version needs --chart"],
    [
      isUmbrella && chart === undefined && valuesFile === undefined && configMap === undefined &&
      options.output !== "values",
      "--values-path needs --chart: an umbrella chart cannot be taken from the release, which " +
      "does not hold its subcharts",
    ],
  ].flatMap(([isWrong, problem]) => isWrong ? [String(problem)] : []);
}

/** The text of `sync --help`. */
export function syncHelp(): string {
  return `Bring the node list of a nodeping release in step with the cluster

Usage: helm nodeping sync [RELEASE] [flags]

Lists the nodes and makes one new revision of the release when the list differs from the
installed one; all other values stay as they are. Without RELEASE, the only nodeping release of the
namespace is meant. Selector, address type, family and max-shrink come from the release's values
unless given here.

Flags:
${flagHelp(syncFlagSpecs)}
Examples:
  helm nodeping sync --dry-run
  helm nodeping sync node-ping --watch -n monitoring
  helm nodeping sync --values-file environments/prod/nodes.yaml
  helm nodeping sync umbrella --chart ./umbrella --values-path nodeping.nodePing.nodes

To undo: "helm history RELEASE" shows sync's revisions as "nodeping sync: +2 -1 ~0"; roll back to a
revision before them, and run sync again.
`;
}

/** How nodes are listed and what is written. */
export interface SyncSettings extends NodeRules {
  /** Label selector; all nodes when empty. */
  readonly selector: string;
  /** Percent. */
  readonly maxShrink: number;
}

/** The chart's defaults, for where a release (of an umbrella chart) does not hold them. */
export const defaultSettings: SyncSettings = {
  selector: "kubernetes.io/os=linux",
  addressType: "InternalIP",
  ipFamily: "ipv4",
  maxShrink: 50,
};

/** The flags that settle a run. */
export type SettingFlags = Pick<SyncOptions, "selector" | "addressType" | "ipFamily" | "maxShrink">;

/** Settles the settings; `nodePing` are the release's values beside `nodes`. */
export function settleSettings(flags: SettingFlags, nodePing: unknown): SyncSettings {
  const addressType = addressTypes.find((type) => type === valueAt(nodePing, ["addressType"]));
  const ipFamily = ipFamilies.find((family) => family === valueAt(nodePing, ["ipFamily"]));
  const maxShrink = valueAt(nodePing, ["maxShrink"]);
  return {
    selector: (flags.selector === "*" ? "" : flags.selector) ??
      selectorText(valueAt(nodePing, ["selector"])) ??
      defaultSettings.selector,
    addressType: flags.addressType ?? addressType ?? defaultSettings.addressType,
    ipFamily: flags.ipFamily ?? ipFamily ?? defaultSettings.ipFamily,
    maxShrink: flags.maxShrink ??
      (typeof maxShrink === "number" ? maxShrink : defaultSettings.maxShrink),
  };
}

/** A map of labels, as in the values, or a selector in the API's words; undefined when neither. */
function selectorText(selector: unknown): string | undefined {
  if (typeof selector === "string") return selector;
  if (typeof selector !== "object" || selector === null) return undefined;
  return Object.entries(selector).filter(([, value]) => value !== null)
    .map(([key, value]) => `${key}=${value}`).toSorted().join(",");
}
