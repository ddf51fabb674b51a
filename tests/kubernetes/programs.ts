/** Programs that tests use where the machine has them. @module */

/**
 * Path of the program: the variable named after it (`kube-apiserver`: KUBE_APISERVER), else what
 * stands on PATH, else undefined.
 */
export async function findProgram(name: string): Promise<string | undefined> {
  const named = Deno.env.get(name.toUpperCase().replaceAll("-", "_"));
  if (named) return named;
  for (const directory of (Deno.env.get("PATH") ?? "").split(":")) {
    const path = `${directory}/${name}`;
    const isFile = await Deno.stat(path).then((info) => info.isFile, () => false);
    if (directory !== "" && isFile) return path;
  }
  return undefined;
}
