/** Children that outlive Ctrl-C. @module */

import type { Spawn } from "./spawn.ts";

/**
 * Starts children in a session of their own, so that a terminal's Ctrl-C does not reach them:
 * setsid of util-linux where there is one, else (macOS) Perl's. Deno 2.4 ignores `detached` of
 * Deno.Command. The process id is the child's own: setsid forks only when it leads a process group,
 * which a new child does not.
 */
export function inOwnSession(spawn: Spawn): Spawn {
  return (request) => {
    const program = [request.command, ...request.args];
    try {
      return spawn({ ...request, command: "setsid", args: program });
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    return spawn({
      ...request,
      command: "perl",
      args: ["-MPOSIX=setsid", "-e", "setsid; exec { $ARGV[0] } @ARGV or exit 127", ...program],
    });
  };
}
