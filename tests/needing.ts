/** Tests that need something of the machine. @module */

/** Name and `ignore` of a test: where something is missing, the name says so, and it is skipped. */
export function needing(
  name: string,
  missing: string | undefined,
): { readonly name: string; readonly ignore: boolean } {
  return missing === undefined
    ? { name, ignore: false }
    : { name: `${name} (skipped: ${missing})`, ignore: true };
}
