/**
 * Processes that are accounted for together, by a control group of their own: the kernel's scheduler
 * adds up what they and all their descendants used, to the microsecond, also of threads and
 * processes that have ended. /proc/PID/stat counts ticks of 10 ms and forgets the dead.
 *
 * @module
 */

/** A control group; its processes are killed and it is removed when it is disposed of. */
export interface ProcessGroup extends AsyncDisposable {
  /** The command line that runs `line` in the group, in place of the shell that enters it. */
  readonly inside: (...line: readonly string[]) => readonly string[];
  /** Processor time of user and system so far, in seconds. */
  readonly cpuSeconds: () => number;
  /** Ids of its processes. */
  readonly pids: () => readonly number[];
}

/** Where the version 2 hierarchy is mounted: alone, or beside the older controllers. */
const hierarchies = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"] as const;

/** The mount of the hierarchy; undefined where there is none that can be written. */
export function findHierarchy(): string | undefined {
  return hierarchies.find((path) => {
    try {
      return Deno.statSync(`${path}/cgroup.subtree_control`).isFile;
    } catch {
      return false;
    }
  });
}

/** Makes a group. `name` must be unique on the machine. */
export function makeProcessGroup(name: string): ProcessGroup {
  const path = `${findHierarchy()}/${name}`;
  Deno.mkdirSync(path);
  const read = (file: string) => Deno.readTextFileSync(`${path}/${file}`);
  const pids = () => read("cgroup.procs").split("\n").filter(Boolean).map(Number);
  return {
    inside: (...line) => ["sh", "-c", `echo $$ > ${path}/cgroup.procs && exec "$@"`, "sh", ...line],
    cpuSeconds: () => Number(/^usage_usec (\d+)$/m.exec(read("cpu.stat"))?.[1]) / 1e6,
    pids,
    [Symbol.asyncDispose]: async () => {
      for (let tries = 0; tries < 100; tries++) {
        pids().forEach(kill);
        await new Promise((resolve) => setTimeout(resolve, 20));
        // A group whose last process is still going is busy.
        if (pids().length === 0 && await isRemoved(path)) return;
      }
      throw new Error(`Cannot end the processes of ${path}: ${pids()}`);
    },
  };
}

/** Processor time of one process with all its living threads, in seconds. */
export function cpuSecondsOf(pid: number): number {
  const threads = [...Deno.readDirSync(`/proc/${pid}/task`)];
  const nanoseconds = threads.map(({ name }) =>
    Number(Deno.readTextFileSync(`/proc/${pid}/task/${name}/schedstat`).split(" ")[0])
  );
  return nanoseconds.reduce((sum, value) => sum + value, 0) / 1e9;
}

async function isRemoved(path: string): Promise<boolean> {
  try {
    await Deno.remove(path);
    return true;
  } catch {
    return false;
  }
}

/** A process that has ended meanwhile is what was wanted. */
function kill(pid: number): void {
  try {
    Deno.kill(pid, "SIGKILL");
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
