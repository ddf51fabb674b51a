/** YAML, as Helm and kubectl write it. @module */

import { parse, parseAllDocuments } from "yaml";

/** Reads one document; throws with line and column when the text is not YAML. */
export function parseYaml(text: string): unknown {
  return parse(text);
}

/** Reads the documents of a manifest, without the empty ones. */
export function parseYamlDocuments(text: string): unknown[] {
  return parseAllDocuments(text).map((document): unknown => {
    const [error] = document.errors;
    if (error !== undefined) throw error;
    return document.toJS();
  }).filter((object) => object !== null && object !== undefined);
}
