/** JSON to show to people. @module */

/**
 * The value as JSON of one line. Unlike `JSON.stringify`, it escapes U+007F to U+009F, too: terminals
 * take some of them for the beginning of a command. Throws where the value is nested too deeply.
 */
export function jsonText(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u007f-\u009f]/g,
    (control) => `\\u00${control.charCodeAt(0).toString(16)}`,
  );
}
