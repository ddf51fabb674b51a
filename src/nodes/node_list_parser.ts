/** Reads a node list in all its forms; an entry that cannot be probed is skipped, and harms no other. @module */

import { isLabelText, isNodeName, readAddress } from "./address.ts";
import type { ExternalTarget, NodeEntry, NodeList } from "./node_list.ts";
import { errorMessage, jsonText } from "../platform/terminal.ts";

/** Entries that are not probed, by the reason that is known from the list alone. */
export interface SkippedEntries {
  /** Malformed. */
  readonly invalid: number;
  /** With an address that no other node can have. */
  readonly unusable_address: number;
}

/** What is wrong with a list: up to a hundred texts of up to 200 characters, then "and N more". */
export interface ListProblems {
  /** Ready to be shown. */
  readonly problems: readonly string[];
  /** How many there are in all. */
  readonly problemCount: number;
}

/** What {@linkcode parseNodeList} found: a list and its skipped entries, or no list at all. */
export type NodeListResult =
  | ({
    readonly kind: "valid";
    readonly list: NodeList;
    readonly skipped: SkippedEntries;
    /** What is probed otherwise than it is written: a repeated entry, a shared address. */
    readonly warnings: readonly string[];
  } & ListProblems)
  | ({ readonly kind: "invalid" } & ListProblems);

const maxTexts = 100;
const maxTextLength = 200;
/** No form of the list is nested deeper than 4; a newer one may be. */
const maxDepth = 16;
/** Twice as many as entries of 35 bytes, the shortest, fit into a ConfigMap. */
const maxParts = 60_000;
/** Of one name: a node has one of each family, and perhaps a few networks. */
const maxAddresses = 16;
/** A list with more malformed entries than this is rather no node list at all. */
const maxInvalidShare = 0.5;

/** The first texts, each cut: a file of mistakes must not take a hundred times its size. */
class KeptTexts {
  readonly #texts: string[] = [];
  #count = 0;

  /** The text is made only where it is kept. */
  add(text: () => string): void {
    if (++this.#count > maxTexts) return;
    const whole = text();
    this.#texts.push(
      whole.length <= maxTextLength ? whole : `${whole.slice(0, maxTextLength - 3)}...`,
    );
  }

  get count(): number {
    return this.#count;
  }

  get texts(): readonly string[] {
    if (this.#count <= maxTexts) return this.#texts;
    return [...this.#texts, `and ${this.#count - maxTexts} more`];
  }
}

/** Some editors begin a file with it; JSON's parser may pass over it (RFC 8259), and does not. */
const byteOrderMark = /^\ufeff/;

type Fields = Readonly<Record<string, unknown>>;

/** Where an item stands in the document; made only where it is shown. */
type Place = () => string;

/**
 * Reads the text of a nodes.json: `[{"name", "ipAddress", "zone"?, "cordoned"?}]`, or
 * `{"cluster_targets": [...], "external_targets": [{"host", "name"?, "ipFamily"?}]}` where each may
 * be null, or with the nodes grouped by zone, as a large cluster has them (node_list.ts).
 * Unknown keys are passed over, so that a newer list does not stop an older agent.
 */
export function parseNodeList(text: string): NodeListResult {
  const reader = new ListReader();
  const shape = shapeProblem(text);
  if (shape !== undefined) return { kind: "invalid", problems: [shape], problemCount: 1 };
  try {
    reader.read(JSON.parse(text.replace(byteOrderMark, "")));
  } catch (error) {
    const detail = errorMessage(error).replace(/\p{Cc}/gu, "?");
    reader.refuse(() => `Cannot read the node list as JSON: ${detail}`);
  }
  return reader.result();
}

/**
 * Why the text is not even parsed, if it is not: nested arrays and objects without end cost up to
 * 80 times their bytes as values. Looks at brackets alone, since the parser finds everything else.
 */
function shapeProblem(text: string): string | undefined {
  let [depth, parts, isInText] = [0, 0, false];
  for (let index = 0; index < text.length; index++) {
    const character = text[index];
    if (character === '"') isInText = !isInText;
    else if (isInText) index += Number(character === "\\");
    else if (character === "[" || character === "{") {
      [depth, parts] = [depth + 1, parts + 1];
      if (depth > maxDepth) {
        return `The node list is nested more than ${maxDepth} deep: write a list`;
      }
    } else if (character === "]" || character === "}") depth--;
  }
  if (parts <= maxParts) return undefined;
  return `The node list has ${parts} arrays and objects: more than ${maxParts} are not read`;
}

/** Collects what a document holds, entry by entry. */
class ListReader {
  readonly #nodes: NodeEntry[] = [];
  readonly #externalTargets: ExternalTarget[] = [];
  /** The addresses of each name; a text alone where it is one: a large list has many names. */
  readonly #nodeAddresses = new Map<string, string | Set<string>>();
  readonly #externalAddresses = new Map<string, string | Set<string>>();
  readonly #problems = new KeptTexts();
  readonly #warnings = new KeptTexts();
  #isList = true;
  #entries = 0;
  #invalid = 0;
  #unusable = 0;
  /** Too many addresses of one name: no sign that this is no list. */
  #excess = 0;

  /** The document is no node list. */
  refuse(problem: () => string): void {
    this.#isList = false;
    this.#problems.add(problem);
  }

  result(): NodeListResult {
    const problems = { problems: this.#problems.texts, problemCount: this.#problems.count };
    if (!this.#isList) return { kind: "invalid", ...problems };
    if (this.#invalid > maxInvalidShare * this.#entries) {
      const [invalid, all] = [this.#invalid, this.#entries];
      const verdict = `${invalid} of ${all} entries are invalid: the whole list is refused`;
      return {
        kind: "invalid",
        problems: [verdict, ...problems.problems],
        problemCount: problems.problemCount + 1,
      };
    }
    const [nodes, externalTargets] = [this.#nodes, this.#externalTargets];
    this.#nodeAddresses.clear();
    this.#warnOfSharedAddresses(nodes);
    return {
      kind: "valid",
      list: { nodes, externalTargets },
      skipped: { invalid: this.#invalid + this.#excess, unusable_address: this.#unusable },
      ...problems,
      warnings: this.#warnings.texts,
    };
  }

  read(document: unknown): void {
    if (Array.isArray(document)) return this.#readArray(document, "cluster_targets", this.#node);
    const sections = ["cluster_targets", "cluster_targets_by_zone", "external_targets"];
    if (!isFields(document) || !sections.some((name) => name in document)) {
      return this.refuse(() =>
        problemText("The node list", document, 'write an array of {"name", "ipAddress"}') +
        ', or an object with "cluster_targets" and "external_targets"'
      );
    }
    this.#readArray(document["cluster_targets"] ?? [], "cluster_targets", this.#node);
    this.#readGroups(document["cluster_targets_by_zone"] ?? {}, document["cordoned"] ?? []);
    this.#readArray(document["external_targets"] ?? [], "external_targets", this.#externalTarget);
  }

  #readArray(
    section: unknown,
    field: string,
    readItem: (at: Place, item: unknown) => void,
  ): void {
    if (!Array.isArray(section)) {
      return this.refuse(() => problemText(field, section, "write an array"));
    }
    for (const [index, item] of section.entries()) readItem(() => `${field}[${index}]`, item);
  }

  /** The nodes of a grouped list: `{zone: {name: address or [address]}}`, and who is cordoned. */
  #readGroups(groups: unknown, cordoned: unknown): void {
    const field = "cluster_targets_by_zone";
    const remedy = "write an object with an object for each zone";
    if (!isFields(groups)) return this.refuse(() => problemText(field, groups, remedy));
    const marked = this.#readCordoned(cordoned);
    // Not Object.entries(), which copies: there may be a hundred thousand.
    for (const zone in groups) {
      const nodes = groups[zone];
      const at = () => `${field}${key(zone)}`;
      if (!isFields(nodes)) {
        this.#skipInvalid(at, nodes, "write an object of node names and addresses");
        continue;
      }
      for (const name in nodes) {
        const addresses = nodes[name];
        const place = () => `${at()}${key(name)}`;
        const all: readonly unknown[] = Array.isArray(addresses) ? addresses : [addresses];
        if (all.length === 0) this.#skipInvalid(place, addresses, "write at least one address");
        const isCordoned = marked.has(name);
        for (const ipAddress of all) {
          this.#node(place, { name, ipAddress, zone, cordoned: isCordoned });
        }
      }
    }
  }

  #readCordoned(cordoned: unknown): ReadonlySet<unknown> {
    if (!Array.isArray(cordoned)) {
      this.#skipInvalid(() => "cordoned", cordoned, "write an array of node names");
      return new Set();
    }
    for (const [index, name] of cordoned.entries()) {
      if (typeof name === "string") continue;
      this.#skipInvalid(() => `cordoned[${index}]`, name, "write the name of a node");
    }
    return new Set(cordoned);
  }

  readonly #node = (at: Place, item: unknown): void => {
    if (!isFields(item)) {
      return this.#skipInvalid(at, item, 'write an object with "name" and "ipAddress"');
    }
    const { name, ipAddress, zone, cordoned } = item;
    const check = this.#check(at);
    const isName = typeof name === "string" && isNodeName(name);
    check.that("name", name, isName, "write the name of a Kubernetes node");
    const address = check.address("ipAddress", ipAddress);
    const isZone = isAbsent(zone) || zone === "" || (typeof zone === "string" && isLabelText(zone));
    check.that("zone", zone, isZone, "write a short printable string, or leave it out");
    const isFlag = isAbsent(cordoned) || typeof cordoned === "boolean";
    check.that("cordoned", cordoned, isFlag, "write true or false, or leave it out");
    if (!check.passed() || address === undefined) return;
    if (!this.#isNew(this.#nodeAddresses, name as string, address)) return;
    this.#nodes.push({
      name: name as string,
      ipAddress: address,
      ...(zone ? { zone: zone as string } : {}),
      ...(cordoned === true ? { cordoned } : {}),
    });
  };

  readonly #externalTarget = (at: Place, item: unknown): void => {
    if (!isFields(item)) return this.#skipInvalid(at, item, 'write an object with "host"');
    const check = this.#check(at);
    const host = check.address("host", item["host"]);
    const name = isAbsent(item["name"]) || item["name"] === "" ? host : item["name"];
    const isName = host === undefined || (typeof name === "string" && isLabelText(name));
    check.that("name", name, isName, "write a short printable string, or leave it out");
    const ipFamily = item["ipFamily"] ?? "dual";
    const families = familiesOf(host);
    const isFamily = families.some((family) => family === ipFamily);
    const known = families.map((family) => `"${family}"`).join(" or ");
    check.that("ipFamily", ipFamily, isFamily, `write ${known}, or leave it out`);
    if (!check.passed() || host === undefined) return;
    if (!this.#isNew(this.#externalAddresses, name as string, host)) return;
    this.#externalTargets.push({
      name: name as string,
      host,
      ...(ipFamily === "ipv4" || ipFamily === "ipv6" ? { ipFamily } : {}),
    });
  };

  /** Checks the fields of one entry, which is counted once whatever the number of its problems. */
  #check(at: Place): EntryCheck {
    return new EntryCheck(at, this.#problems, (kind) => {
      this.#entries++;
      if (kind === "invalid") this.#invalid++;
      if (kind === "unusable") this.#unusable++;
    });
  }

  #skipInvalid(at: Place, value: unknown, remedy: string): void {
    this.#entries++;
    this.#invalid++;
    this.#problems.add(() => problemText(at(), value, remedy));
  }

  #isNew(known: Map<string, string | Set<string>>, name: string, address: string): boolean {
    const before = known.get(name);
    if (before === address || (typeof before === "object" && before.has(address))) {
      this.#warnings.add(() =>
        `${name} at ${address} stands in the list more than once: it is probed once`
      );
      return false;
    }
    if (before === undefined) known.set(name, address);
    else if (typeof before === "string") known.set(name, new Set([before, address]));
    else if (before.size < maxAddresses) before.add(address);
    else {
      this.#excess++;
      this.#problems.add(() =>
        `${name} has more than ${maxAddresses} addresses: ${address} is not probed`
      );
      return false;
    }
    return true;
  }

  #warnOfSharedAddresses(nodes: readonly NodeEntry[]): void {
    const owners = new Map<string, string | string[]>();
    for (const { name, ipAddress } of nodes) {
      const known = owners.get(ipAddress);
      if (Array.isArray(known)) known.push(name);
      else owners.set(ipAddress, known === undefined ? name : [known, name]);
    }
    for (const [address, names] of owners) {
      if (!Array.isArray(names)) continue;
      this.#warnings.add(() => {
        const shown = names.slice(0, 3).map((name) => `"${name}"`);
        if (names.length > 3) shown.push(`${names.length - 3} more`);
        return `${address} is the address of ${shown.join(" and ")}: it is probed once, for each`;
      });
    }
  }
}

/** The problems of one entry. */
class EntryCheck {
  readonly #at: Place;
  readonly #problems: KeptTexts;
  readonly #count: (kind: "usable" | "unusable" | "invalid") => void;
  #kind: "usable" | "unusable" | "invalid" = "usable";

  constructor(
    at: Place,
    problems: KeptTexts,
    count: (kind: "usable" | "unusable" | "invalid") => void,
  ) {
    this.#at = at;
    this.#problems = problems;
    this.#count = count;
  }

  that(field: string, value: unknown, holds: boolean, remedy: string): void {
    if (holds) return;
    this.#kind = "invalid";
    this.#problems.add(() => problemText(`${this.#at()}.${field}`, value, remedy));
  }

  /** The canonical text; undefined where it is no address that another node can have. */
  address(field: string, value: unknown): string | undefined {
    const address = readAddress(typeof value === "string" ? value : "");
    if (address.kind === "ip" || address.kind === "host") return address.text;
    if (address.kind === "invalid") {
      this.that(field, value, false, "write an IPv4 or IPv6 address, or a host name");
    } else {
      if (this.#kind === "usable") this.#kind = "unusable";
      this.#problems.add(() =>
        `${this.#at()}.${field} is ${quote(value)}, which no other node can have: ` +
        `${address.reason}; write an address that the other nodes can reach`
      );
    }
    return undefined;
  }

  /** Counts the entry, and says whether it can be probed. */
  passed(): boolean {
    this.#count(this.#kind);
    return this.#kind === "usable";
  }
}

function problemText(field: string, value: unknown, remedy: string): string {
  return `${field} is ${quote(value)}: ${remedy}`;
}

function quote(value: unknown): string {
  if (value === undefined) return "missing";
  const text = jsonText(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

/** Families that a host can be asked for: an IP address has its own alone. */
function familiesOf(host: string | undefined): readonly string[] {
  const address = host === undefined ? undefined : readAddress(host);
  return address?.kind === "ip" ? [`ipv${address.family}`, "dual"] : ["ipv4", "ipv6", "dual"];
}

/** Shown in messages and logs: any text may stand here. */
function key(text: string): string {
  return `[${jsonText(text.slice(0, 80))}]`;
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isAbsent(value: unknown): value is undefined | null {
  return value === undefined || value === null;
}
