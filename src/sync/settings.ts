/** The command line of `nodeping sync`, and the settings of one run: flags win over the release's values. @module */

import {
  choiceFlag,
  durationFlag,
  integerFlag,
  listFlag,
  pathFlag,
  percentFlag,
  switchFlag,
  textFlag,
  valueFlag,
} from "../flag_values.ts";
import { flagHelp, invalid, parseFlags } from "../flags.ts";
import type { FlagTable, GivenFlags, ParsedFlags } from "../flags.ts";
import { listenAddress } from "../output/http.ts";
import type { ListenAddress } from "../output/http.ts";
import { addressTypes, ipFamilies } from "./node_choice.ts";
import type { NodeRules } from "./node_choice.ts";

/** Where the node list stands in the values, unless --values-path says otherwise. */
export const defaultValuesPath = "nodePing.nodes";

/** The keys of a values path such as "nodeping.nodePing.nodes"; undefined when it is none. */
export function parseValuesPath(text: string): readonly string[] | undefined {
  const keys = text.split(".");
  return keys.length >= 2 && keys.every((key) => /^[\w-]+$/.test(key)) ? keys : undefined;
}

/** What stands at the keys; undefined when a key is missing on the way. */
export function valueAt(values: unknown, keys: readonly string[]): unknown {
  return keys.reduce<unknown>(
    (at, key) => typeof at === "object" && at !== null ? Reflect.get(at, key) : undefined,
    values,
  );
}

/** What `--output` takes. */
export type OutputFormat = "text" | "json" | "values";

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
  /** Keys of taints; win over the release's values. */
  readonly excludeTaints: readonly string[] | undefined;
  /** Longest wait for an operation of Helm that is under way. */
  readonly timeoutMs: number;
  /** Helm 4: takes fields that somebody else has set. */
  readonly forceConflicts: boolean;
  /** Revisions that Helm keeps of the release, 0 for all; Helm's own number when undefined. */
  readonly historyMax: number | undefined;
  /** Whether exit code 3 means that changes are pending. */
  readonly exitCode: boolean;
  /** Name of the ConfigMap to write in place of a release: the sync in the cluster. */
  readonly configMap: string | undefined;
  /** File with the release's own node list, in the pod of the sync in the cluster. */
  readonly releaseList: string | undefined;
  /** Where the sync in the cluster serves /metrics and /readyz; nowhere when undefined. */
  readonly listen: readonly ListenAddress[] | undefined;
}

/** What the flags give; the release is no flag. */
export type SyncFlagSettings = Omit<SyncOptions, "release">;

/** A label key: the API's form, loosely. */
const taintKey = { pattern: /^[\w./-]+$/, remedy: "the key of a taint" };

/** Flags of sync. */
export const syncFlags: FlagTable<SyncFlagSettings> = {
  watch: switchFlag({ name: "watch", help: "go on watching the nodes until Ctrl-C" }),
  dryRun: switchFlag({ name: "dry-run", help: "show what would change, write nothing" }),
  output: choiceFlag({
    name: "output",
    default: "text",
    help: "values are the chart's, for GitOps",
  }, ["text", "json", "values"]),
  valuesFile: pathFlag({
    name: "values-file",
    help: "write values for GitOps there, and nothing else",
  }),
  chart: pathFlag({
    name: "chart",
    placeholder: "REF",
    help: "upgrade with this chart, not the one in the release",
  }),
  chartVersion: textFlag({ name: "version", placeholder: "V", help: "version of --chart" }),
  valuesPath: valueFlag({
    name: "values-path",
    default: defaultValuesPath,
    help: "where the nodes stand in the values",
  }, {
    placeholder: "PATH",
    remedy: "keys such as a.b.nodes",
    read: (text) => parseValuesPath(text) ?? invalid,
  }),
  selector: textFlag({
    name: "selector",
    placeholder: "LABELS",
    help: "nodes to list, * for all (default: the release's)",
  }),
  addressType: choiceFlag({
    name: "address-type",
    help: "what is tried first (default: the release's)",
  }, addressTypes),
  ipFamily: choiceFlag({
    name: "ip-family",
    help: "which addresses; dual is one of each (default: the release's)",
  }, ipFamilies),
  maxShrink: percentFlag({
    name: "max-shrink",
    help: "refuse a list that shrinks by more (default: the release's, 50)",
  }),
  excludeTaints: listFlag({
    name: "exclude-taints",
    help: "leave nodes with these taints out as well (default: the release's)",
  }, textFlag({ name: "", placeholder: "KEY", help: "" }, taintKey)),
  timeoutMs: durationFlag({
    name: "timeout",
    default: "1m",
    help: "wait for another operation on the release",
  }),
  forceConflicts: switchFlag({
    name: "force-conflicts",
    help: "overwrite fields that others changed (server-side apply)",
  }),
  historyMax: integerFlag(
    {
      name: "history-max",
      help: "revisions that Helm keeps, 0 for all (default: HELM_MAX_HISTORY, 10)",
    },
    0,
    1_000_000,
  ),
  exitCode: switchFlag({
    name: "exit-code",
    help: "exit with 3 when changes are pending (with --dry-run)",
  }),
  configMap: textFlag({
    name: "configmap",
    placeholder: "NAME",
    help: "in a pod: write the nodes to this ConfigMap",
  }),
  releaseList: pathFlag({
    name: "release-list",
    help: "in a pod: the release's own list, a guard for the first one",
  }),
  listen: valueFlag({
    name: "listen",
    help: "in a pod: where /metrics and /readyz are served",
  }, listenAddress),
};

/** Reads the command line; all its problems at once. */
export function readSyncOptions(args: readonly string[]): ParsedFlags<SyncOptions> {
  const parsed = parseFlags(syncFlags, {
    // `helm -nfoo nodeping` hands the glued flag on, though Helm has taken it.
    args: args.filter((argument) => !/^-n\w/.test(argument)),
    operands: { name: "release", max: 1 },
    check: contradictions,
  });
  if (parsed.kind !== "valid") return parsed;
  const { settings, operands: [release] } = parsed;
  return { ...parsed, settings: { ...settings, release } };
}

function contradictions(
  options: Partial<SyncFlagSettings>,
  _given: GivenFlags,
  [release]: readonly string[],
): readonly string[] {
  const { watch, dryRun, configMap, releaseList, listen, valuesFile, chart } = options;
  const { chartVersion, valuesPath } = options;
  const isUmbrella = valuesPath !== undefined && valuesPath.join(".") !== defaultValuesPath;
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
    [listen !== undefined && configMap === undefined, "--listen needs --configmap"],
    [releaseList !== undefined && configMap === undefined, "--release-list needs --configmap"],
    [configMap !== undefined && valuesFile !== undefined, "--configmap excludes --values-file"],
    [configMap !== undefined && release !== undefined, "--configmap takes no release"],
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
${flagHelp(syncFlags)}
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

/**
 * What a node must carry by default, by label: it runs Linux, and is not virtual. A virtual kubelet
 * or a Fargate pod has an address, but no host that runs an agent.
 */
const defaultLabels: Readonly<Record<string, string>> = {
  "kubernetes.io/os": "kubernetes.io/os=linux",
  "type": "type!=virtual-kubelet",
  "eks.amazonaws.com/compute-type": "eks.amazonaws.com/compute-type!=fargate",
};

/** The chart's defaults, for where a release (of an umbrella chart) does not hold them. */
export const defaultSettings: SyncSettings = {
  selector: labelSelector({}) ?? "",
  addressType: "InternalIP",
  ipFamily: "ipv4",
  maxShrink: 50,
  excludeTaints: [],
};

/** The flags that settle a run. */
export type SettingFlags = Pick<
  SyncOptions,
  "selector" | "addressType" | "ipFamily" | "maxShrink" | "excludeTaints"
>;

/** Settles the settings; `nodePing` are the release's values beside `nodes`. */
export function settleSettings(flags: SettingFlags, nodePing: unknown): SyncSettings {
  const addressType = addressTypes.find((type) => type === valueAt(nodePing, ["addressType"]));
  const ipFamily = ipFamilies.find((family) => family === valueAt(nodePing, ["ipFamily"]));
  const maxShrink = valueAt(nodePing, ["maxShrink"]);
  const excludeTaints = valueAt(nodePing, ["excludeTaints"]);
  return {
    selector: labelSelector(flags.selector) ?? labelSelector(valueAt(nodePing, ["selector"])) ??
      defaultSettings.selector,
    addressType: flags.addressType ?? addressType ?? defaultSettings.addressType,
    ipFamily: flags.ipFamily ?? ipFamily ?? defaultSettings.ipFamily,
    maxShrink: flags.maxShrink ??
      (typeof maxShrink === "number" ? maxShrink : defaultSettings.maxShrink),
    excludeTaints: flags.excludeTaints ??
      (Array.isArray(excludeTaints) ? excludeTaints.map(String) : defaultSettings.excludeTaints),
  };
}

/**
 * The API's label selector of a `nodePing.selector` or --selector: a text stands for itself, "*" for
 * all nodes. A map adds labels to the defaults, and takes the place of those that it names (null:
 * without it). Undefined where it is neither. The chart's "nodeping.selector" reads it alike.
 */
export function labelSelector(selector: unknown): string | undefined {
  if (typeof selector === "string") return selector === "*" ? "" : selector;
  if (typeof selector !== "object" || selector === null) return undefined;
  const own = Object.entries(selector).map(([key, value]): [string, string] => [
    key,
    value === null ? "" : `${key}=${value}`,
  ]);
  const requirements = Object.values({ ...defaultLabels, ...Object.fromEntries(own) });
  return requirements.filter((requirement) => requirement !== "").toSorted().join(",");
}
