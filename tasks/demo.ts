/** `deno task demo`: the main job on this machine, without a cluster. @module */

import { demoCommand } from "./demo/command.ts";
import { runProgram } from "./run_program.ts";

if (import.meta.main) await runProgram(demoCommand, ["SIGINT", "SIGTERM", "SIGHUP"]);
