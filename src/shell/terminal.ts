/** The terminal on standard output, if there is one. @module */

/** What a drawing needs to know of where it goes. */
export interface Terminal {
  readonly isTerminal: boolean;
  /** Characters of a line; 100 where nobody says. */
  readonly columns: number;
}

/** Asks for the terminal anew: people resize windows. */
export function standardTerminal(env: (name: string) => string | undefined): Terminal {
  const isTerminal = Deno.stdout.isTerminal();
  const set = Number(env("COLUMNS"));
  if (Number.isInteger(set) && set > 0) return { isTerminal, columns: set };
  try {
    return { isTerminal, columns: isTerminal ? Deno.consoleSize().columns : 100 };
  } catch {
    return { isTerminal, columns: 100 };
  }
}
