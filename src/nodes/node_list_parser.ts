/** Reads a node list in all its forms, with a check that names every problem at once. @module */

import { isLabelText, isNodeName, readAddress } from "./address.ts";
import type { ExternalTarget, NodeEntry, NodeList } from "./node_list.ts";
import { jsonText } from "../platform/terminal.ts";

/** What {@linkcode parseNodeList} found. */
export type NodeListResult =
  | { readonly kind: "valid"; readonly list: NodeList; readonly warnings: readonly string[] }
  | { readonly kind: "invalid"; readonly problems: readonly string[] };

/** Some editors begin a file with it; JSON's parser may pass over it (RFC 8259), and does not. */
const byteOrderMark = /^\ufeff/;

type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads the text of a nodes.json: `[{"name", "ipAddress", "zone"?, "cordoned"?}]`, or
 * `{"cluster_targets": [...], "external_targets": [{"host", "name"?}]}` where each may be null, or
 * with the nodes grouped by zone, as a large cluster has them (grouped_nodes.ts).
 * Unknown keys are passed over, so that a newer list does not stop an older agent.
 */
export function parseNodeList(text: string): NodeListResult {
  let document: unknown;
  try {
    document = JSON.parse(text.replace(byteOrderMark, ""));
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    const problem = `Cannot read the node list as JSON: ${detail.replace(/\p{Cc}/gu, "?")}`;
    return { kind: "invalid", problems: [problem] };
  }
  const check = new Check();
  const [nodes, externals] = sections(document, check);
  const nodeEntries = unique(
    nodes.flatMap(([at, item]) => nodeEntry(at, item, check)),
    (node) => `${node.name} at ${node.ipAddress}`,
    check,
  );
  const externalTargets = unique(
    externals.flatMap(([at, item]) => externalTarget(at, item, check)),
    (target) => `${target.name} at ${target.host}`,
    check,
  );
  warnOfSharedAddresses(nodeEntries, check);
  if (check.problems.length > 0) return { kind: "invalid", problems: check.problems };
  return { kind: "valid", list: { nodes: nodeEntries, externalTargets }, warnings: check.warnings };
}

class Check {
  readonly problems: string[] = [];
  readonly warnings: string[] = [];

  problem(field: string, value: unknown, remedy: string): void {
    this.problems.push(`${field} is ${quote(value)}: ${remedy}`);
  }
}

function quote(value: unknown): string {
  if (value === undefined) return "missing";
  try {
    const text = jsonText(value);
    return text.length > 80 ? `${text.slice(0, 77)}...` : text;
  } catch {
    return "nested too deeply to be shown"; // the parser of deno 2.4 goes deeper than the printer
  }
}

const sectionNames = ["cluster_targets", "cluster_targets_by_zone", "external_targets"] as const;

/** The items of the nodes and those of the external targets. */
function sections(
  document: unknown,
  check: Check,
): readonly [readonly PlacedItem[], readonly PlacedItem[]] {
  if (Array.isArray(document)) return [elements(document, "cluster_targets", check), []];
  if (!isFields(document) || !sectionNames.some((name) => name in document)) {
    check.problem(
      "The node list",
      document,
      'write an array of {"name", "ipAddress"}, or an object with "cluster_targets" and "external_targets"',
    );
    return [[], []];
  }
  const grouped = document["cluster_targets_by_zone"] ?? {};
  const problem = check.problem.bind(check);
  return [
    [
      ...elements(document["cluster_targets"] ?? [], "cluster_targets", check),
      ...groupedItems(grouped, document["cordoned"] ?? [], problem),
    ],
    elements(document["external_targets"] ?? [], "external_targets", check),
  ];
}

function elements(section: unknown, field: string, check: Check): readonly PlacedItem[] {
  if (Array.isArray(section)) return section.map((item, index) => [`${field}[${index}]`, item]);
  check.problem(field, section, "write an array");
  return [];
}

function nodeEntry(at: string, item: unknown, check: Check): NodeEntry[] {
  if (!isFields(item)) {
    check.problem(at, item, 'write an object with "name" and "ipAddress"');
    return [];
  }
  const { name, ipAddress, zone, cordoned } = item;
  const before = check.problems.length;
  if (typeof name !== "string" || !isNodeName(name)) {
    check.problem(`${at}.name`, name, "write the name of a Kubernetes node");
  }
  const address = addressOf(`${at}.ipAddress`, ipAddress, check);
  if (!isAbsent(zone) && zone !== "" && (typeof zone !== "string" || !isLabelText(zone))) {
    check.problem(`${at}.zone`, zone, "write a short printable string, or leave it out");
  }
  if (!isAbsent(cordoned) && typeof cordoned !== "boolean") {
    check.problem(`${at}.cordoned`, cordoned, "write true or false, or leave it out");
  }
  if (check.problems.length > before || address === undefined) return [];
  return [{
    name: name as string,
    ipAddress: address,
    ...(zone ? { zone: zone as string } : {}),
    ...(cordoned === true ? { cordoned } : {}),
  }];
}

function externalTarget(at: string, item: unknown, check: Check): ExternalTarget[] {
  if (!isFields(item)) {
    check.problem(at, item, 'write an object with "host"');
    return [];
  }
  const before = check.problems.length;
  const host = addressOf(`${at}.host`, item["host"], check);
  if (host === undefined) return [];
  const name = isAbsent(item["name"]) || item["name"] === "" ? host : item["name"];
  if (check.problems.length === before && (typeof name !== "string" || !isLabelText(name))) {
    check.problem(`${at}.name`, name, "write a short printable string, or leave it out");
  }
  return check.problems.length > before ? [] : [{ name: name as string, host }];
}

/** Undefined where no other node can have the address: such an entry is skipped, and harms no other. */
function addressOf(field: string, value: unknown, check: Check): string | undefined {
  const address = readAddress(typeof value === "string" ? value : "");
  switch (address.kind) {
    case "ip":
    case "host":
      return address.text;
    case "unusable":
      check.warnings.push(
        `${field} is ${quote(value)}, which no other node can have (${address.reason}): skipped`,
      );
      return undefined;
    case "invalid":
      check.problem(field, value, "write an IPv4 or IPv6 address, or a host name");
      return undefined;
  }
}

function unique<T>(items: readonly T[], identity: (item: T) => string, check: Check): T[] {
  const seen = new Set<string>();
  return items.filter((item) => {
    const key = identity(item);
    if (!seen.has(key)) return seen.add(key);
    check.warnings.push(`${key} stands in the list more than once: it is probed once`);
    return false;
  });
}

function warnOfSharedAddresses(nodes: readonly NodeEntry[], check: Check): void {
  const owners = Map.groupBy(nodes, (node) => node.ipAddress);
  for (const [address, sharing] of owners) {
    if (sharing.length < 2) continue;
    const names = sharing.map((node) => `"${node.name}"`).join(" and ");
    check.warnings.push(`${names} share the address ${address}: it is probed once, for each`);
  }
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isAbsent(value: unknown): value is undefined | null {
  return value === undefined || value === null;
}

/** An entry with the place where it stands in the document. */
export type PlacedItem = readonly [at: string, item: unknown];

/** Takes one problem of a document: where it is, what stands there, and what to write. */
export type Problem = (field: string, value: unknown, remedy: string) => void;

/** The entries of a grouped list, one an address, not checked yet. */
export function groupedItems(
  groups: unknown,
  cordoned: unknown,
  problem: Problem,
): readonly PlacedItem[] {
  const field = "cluster_targets_by_zone";
  const names: readonly unknown[] = Array.isArray(cordoned) ? cordoned : [];
  if (!Array.isArray(cordoned)) problem("cordoned", cordoned, "write an array of node names");
  names.forEach((name, index) => {
    if (typeof name !== "string") problem(`cordoned[${index}]`, name, "write the name of a node");
  });
  const marked = new Set(names);
  return fieldsOf(groups, field, "write an object with an object for each zone", problem)
    .flatMap(([zone, nodes]) => {
      const at = `${field}${key(zone)}`;
      return fieldsOf(nodes, at, "write an object of node names and addresses", problem)
        .flatMap(([name, addresses]): PlacedItem[] => {
          const place = `${at}${key(name)}`;
          const all = [addresses].flat();
          if (all.length === 0) problem(place, addresses, "write at least one address");
          return all.map((ipAddress) => [
            place,
            { name, ipAddress, zone, cordoned: marked.has(name) },
          ]);
        });
    });
}

/** Shown in messages and logs: any text may stand here. */
function key(text: string): string {
  return `[${jsonText(text.slice(0, 80))}]`;
}

function fieldsOf(
  value: unknown,
  field: string,
  remedy: string,
  problem: Problem,
): readonly (readonly [string, unknown])[] {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return Object.entries(value);
  }
  problem(field, value, remedy);
  return [];
}
