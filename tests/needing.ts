/** What tests need of the machine, and what is said where it is missing. @module */

/** Name and `ignore` of a test: where something is missing, the name says so, and it is skipped. */
export function needing(
  name: string,
  missing: string | undefined,
): { readonly name: string; readonly ignore: boolean } {
  return missing === undefined
    ? { name, ignore: false }
    : { name: `${name} (skipped: ${missing})`, ignore: true };
}

/** How a machine comes to a program that tests use: Debian's package, or the variable that names it. */
const remedies: Readonly<Record<string, string>> = {
  chromium: "apt-get install chromium",
  etcd: "set ETCD",
  fping: "apt-get install fping",
  gcc: "apt-get install gcc libc6-dev",
  ip: "apt-get install iproute2",
  "kube-apiserver": "set KUBE_APISERVER",
  kubectl: "set KUBECTL",
  nft: "apt-get install nftables",
  openssl: "apt-get install openssl",
  prometheus: "apt-get install prometheus",
  "prometheus-node-exporter": "apt-get install prometheus-node-exporter",
  promtool: "apt-get install prometheus",
};

/** Why a test without Helm is skipped. */
export const noHelm = "no helm 3 or 4 found; set HELM3, HELM4";

/** Programs that a variable may name: `kube-apiserver` is KUBE_APISERVER. */
const named = ["etcd", "kube-apiserver", "kubectl", "helm3", "helm4", "helm"];

/**
 * Path of a program: what its variable says, where it has one, else what is on PATH or in the
 * system's own directories; undefined where there is none.
 */
export function findProgram(name: string): string | undefined {
  const path = Deno.env.get(name.toUpperCase().replaceAll("-", "_"));
  if (path && named.includes(name)) return path;
  const directories = [...(Deno.env.get("PATH") ?? "").split(":"), "/usr/sbin", "/sbin"];
  return directories.map((directory) => `${directory}/${name}`).find(isFile);
}

/** Which of these programs this machine lacks, with the remedies; undefined when it has them all. */
export function missingPrograms(...names: readonly string[]): string | undefined {
  const missing = names.filter((name) => findProgram(name) === undefined);
  if (missing.length === 0) return undefined;
  const known = missing.flatMap((name) => remedies[name] ?? []);
  return [`no ${missing.join(", ")} found`, ...new Set(known)].join("; ");
}

/**
 * DENO_DIR for a program that runs with another HOME: Deno's cache stays where it is, or every run
 * fetches all packages anew.
 */
export function denoDirectory(): string {
  return Deno.env.get("DENO_DIR") ?? `${Deno.env.get("HOME")}/.cache/deno`;
}

/** Whether there is a file of that path. */
export function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
