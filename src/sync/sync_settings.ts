/** Settings of one run: flags win over the release's values, those over the chart's defaults. @module */

import { addressTypes, ipFamilies } from "./node_rules.ts";
import type { NodeRules } from "./node_rules.ts";
import type { SyncOptions } from "./sync_flags.ts";
import { valueAt } from "./values_document.ts";

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
