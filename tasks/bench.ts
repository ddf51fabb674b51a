/** `deno task bench`: what nodeping costs, as ratios to bare fping in the same run. @module */

import { benchCommand } from "./bench/command.ts";
import { runProgram } from "./run_program.ts";

if (import.meta.main) await runProgram(benchCommand, []);
