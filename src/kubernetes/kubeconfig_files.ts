/** Kubeconfig files: read as leniently as kubectl reads them, and merged as kubectl merges them. @module */

import { dirname, isAbsolute, join } from "node:path";
import { isMap, isSeq, parseAllDocuments, parseDocument } from "yaml";
import type { DocumentOptions, ParseOptions, SchemaOptions } from "yaml";
import { ConnectionError } from "./endpoint.ts";
import type { ReadEnv } from "./endpoint.ts";
import { errorMessage } from "../platform/terminal.ts";

/** Fields of an entry, as the file has them. */
export type Fields = Readonly<Record<string, unknown>>;

/** A cluster, user or context by its name. */
export interface KubeconfigEntry {
  /** What the contexts refer to. */
  readonly name: string;
  /** Paths among them are absolute. */
  readonly fields: Fields;
  /** The file that holds it. */
  readonly file: string;
}

/** One kubeconfig, merged from all files; each name stands once in a list. */
export interface Kubeconfig {
  /** API servers. */
  readonly clusters: readonly KubeconfigEntry[];
  /** Credentials. */
  readonly users: readonly KubeconfigEntry[];
  /** Pairs of both. */
  readonly contexts: readonly KubeconfigEntry[];
  /** Name of the context in use: that of the first file that sets one. */
  readonly currentContext: string | undefined;
}

/**
 * YAML 1.1 as kubectl reads it: of two equal keys the last wins, `<<` merges, what looks like a time
 * stays text, and only the first document of a file counts.
 */
const yamlOptions: ParseOptions & DocumentOptions & SchemaOptions = {
  version: "1.1",
  uniqueKeys: false,
  logLevel: "error",
  customTags: (tags) =>
    tags.filter((tag) =>
      typeof tag === "string" ||
      !(tag.tag === "tag:yaml.org,2002:timestamp" || "format" in tag && tag.format === "TIME")
    ),
};

/**
 * Reads KUBECONFIG (a list of files; those that do not exist are passed over) or ~/.kube/config.
 * The first file that names an entry, or the current context, wins. Undefined when no file exists.
 */
export async function readKubeconfig(env: ReadEnv): Promise<Kubeconfig | undefined> {
  const listed = env("KUBECONFIG");
  const files = listed
    ? listed.split(Deno.build.os === "windows" ? ";" : ":").filter((file) => file !== "")
    : [join(env("HOME") || env("USERPROFILE") || "/", ".kube", "config")];
  const read = (await Promise.all(files.map(readFile))).filter((one) => one !== undefined);
  return read.length === 0 ? undefined : {
    clusters: firstWins(read.flatMap((one) => one.clusters)),
    users: firstWins(read.flatMap((one) => one.users)),
    contexts: firstWins(read.flatMap((one) => one.contexts)),
    currentContext: read.find((one) => one.currentContext)?.currentContext,
  };
}

function firstWins(entries: readonly KubeconfigEntry[]): KubeconfigEntry[] {
  const byName = new Map<string, KubeconfigEntry>();
  for (const entry of entries) if (!byName.has(entry.name)) byName.set(entry.name, entry);
  return [...byName.values()];
}

async function readFile(file: string): Promise<Kubeconfig | undefined> {
  let text: string;
  try {
    text = await Deno.readTextFile(file);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return undefined;
    const detail = errorMessage(cause);
    throw new ConnectionError(`Cannot read the kubeconfig "${file}": ${detail}`, { cause });
  }
  try {
    return parseKubeconfig(text, file);
  } catch (cause) {
    const detail = errorMessage(cause).split("\n")[0];
    throw new ConnectionError(`Cannot read the kubeconfig "${file}" as YAML: ${detail}`, { cause });
  }
}

/** Paths in a kubeconfig are relative to its directory. */
const clusterPaths = ["certificate-authority"];
const userPaths = ["client-certificate", "client-key", "tokenFile"];

function parseKubeconfig(text: string, file: string): Kubeconfig {
  const [first] = parseAllDocuments(text, yamlOptions);
  if (first?.errors[0] !== undefined) throw first.errors[0];
  const document: unknown = first?.toJS();
  const fields = isFields(document) ? document : {};
  const current = fields["current-context"];
  return {
    clusters: entries(fields["clusters"], "cluster", file, clusterPaths),
    users: entries(fields["users"], "user", file, userPaths),
    contexts: entries(fields["contexts"], "context", file, []),
    currentContext: typeof current === "string" && current !== "" ? current : undefined,
  };
}

/**
 * The text of a kubeconfig in which fields of the named user's auth-provider are set; comments stay.
 * Throws where the user is not there.
 */
export function withAuthProviderConfig(
  text: string,
  user: string,
  config: Readonly<Record<string, string>>,
): string {
  const document = parseDocument(text, yamlOptions);
  const users = document.get("users");
  const index = isSeq(users)
    ? users.items.findIndex((one) => isMap(one) && one.get("name") === user)
    : -1;
  if (index < 0) throw new Error(`There is no user "${user}" any more`);
  const path = ["users", index, "user", "auth-provider", "config"];
  for (const [field, value] of Object.entries(config)) document.setIn([...path, field], value);
  return document.toString({ lineWidth: 0 });
}

function entries(
  section: unknown,
  key: string,
  file: string,
  paths: readonly string[],
): KubeconfigEntry[] {
  if (!Array.isArray(section)) return [];
  return section.flatMap((entry: unknown) => {
    if (!isFields(entry) || typeof entry["name"] !== "string") return [];
    const fields = isFields(entry[key]) ? { ...entry[key] } : {};
    for (const path of paths) fields[path] = absolute(fields[path], file);
    const { exec } = fields;
    // As kubectl: a command with a slash is a path beside the kubeconfig, one without is on PATH.
    if (isFields(exec) && String(exec["command"]).includes("/")) {
      fields["exec"] = { ...exec, command: absolute(exec["command"], file) };
    }
    return [{ name: entry["name"], fields, file }];
  });
}

function absolute(path: unknown, file: string): unknown {
  if (typeof path !== "string" || path === "" || isAbsolute(path)) return path;
  return join(dirname(file), path);
}

/** Whether the value is an object, and no list. */
export function isFields(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** PEM text that stands in the kubeconfig, or a file that holds it. */
export type PemSource =
  | { readonly kind: "data"; readonly pem: string }
  | { readonly kind: "file"; readonly path: string };

/**
 * Reads fields by the types that kubectl gives them; "" and null are as good as absent. Messages say
 * no value: it may be secret.
 */
export class FieldReader {
  /** What holds the fields, as messages name it. */
  readonly title: string;
  /** As they stand. */
  readonly fields: Fields;
  readonly #warnings: string[];

  /** Adds a warning for each field that is not among the known ones; all are, where none are given. */
  constructor(title: string, fields: Fields, warnings: string[] = [], known?: readonly string[]) {
    this.title = title;
    this.fields = fields;
    this.#warnings = warnings;
    const unknown = Object.keys(fields).filter((field) => known?.includes(field) === false);
    for (const field of unknown) {
      warnings.push(`${title} has a field "${field}" that is not known: it is ignored`);
    }
  }

  /** Undefined where it is absent. */
  text(field: string): string | undefined {
    const value = this.fields[field];
    if (value === undefined || value === null || value === "") return undefined;
    if (typeof value === "string") return value;
    throw this.#wrong(field, "text: put it into quotes");
  }

  /** False where it is absent. */
  flag(field: string): boolean {
    const value = this.fields[field] ?? false;
    if (typeof value === "boolean") return value;
    throw this.#wrong(field, "true or false, without quotes");
  }

  /** Empty where it is absent. */
  texts(field: string): readonly string[] {
    const value = this.fields[field] ?? [];
    if (isTexts(value)) return value;
    throw this.#wrong(field, "a list of texts");
  }

  /** Empty where it is absent. */
  textsByKey(field: string): Readonly<Record<string, readonly string[]>> {
    const value = this.fields[field] ?? {};
    if (isFields(value) && isTextsByKey(value)) return value;
    throw this.#wrong(field, "lists of texts by key");
  }

  /** Variables, which stand as a list of name and value. */
  variables(field: string): Readonly<Record<string, string>> {
    const value = this.fields[field] ?? [];
    if (!Array.isArray(value)) throw this.#wrong(field, "a list of name and value");
    return Object.fromEntries(value.map((one: unknown): [string, string] => {
      const variable = new FieldReader(`${this.title}, ${field},`, isFields(one) ? one : {});
      const name = variable.text("name");
      if (name === undefined) throw this.#wrong(field, "a list of name and value");
      return [name, variable.text("value") ?? ""];
    }));
  }

  /** An object inside of this one. */
  child(field: string, known?: readonly string[]): FieldReader | undefined {
    const fields = this.fields[field];
    if (fields === undefined || fields === null) return undefined;
    if (!isFields(fields)) throw this.#wrong(field, "an object");
    return new FieldReader(`${this.title}, ${field},`, fields, this.#warnings, known);
  }

  /** Base64 in FIELD-data, which wins, or the path of a file in FIELD. */
  pem(field: string): PemSource | undefined {
    const data = this.text(`${field}-data`);
    const path = this.text(field);
    if (data === undefined) return path === undefined ? undefined : { kind: "file", path };
    try {
      return { kind: "data", pem: atob(data) };
    } catch {
      throw this.#wrong(`${field}-data`, "Base64");
    }
  }

  /** What the named extension holds. */
  extension(name: string): unknown {
    const list = this.fields["extensions"];
    const found = Array.isArray(list)
      ? list.find((one: unknown) => isFields(one) && one["name"] === name)
      : undefined;
    return isFields(found) ? found["extension"] : undefined;
  }

  #wrong(field: string, remedy: string): ConnectionError {
    return new ConnectionError(`${this.title} has a "${field}" that is not ${remedy}`);
  }
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === "string");
}

function isTextsByKey(fields: Fields): fields is Readonly<Record<string, readonly string[]>> {
  return Object.values(fields).every(isTexts);
}
