/** `deno task soak`: faults on a real cluster for minutes, and whether every counter agrees. @module */

import { runProgram } from "./run_program.ts";
import { soakCommand } from "./soak/command.ts";

if (import.meta.main) await runProgram(soakCommand, ["SIGINT", "SIGTERM", "SIGHUP"]);
