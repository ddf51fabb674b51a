/**
 * A real Kubernetes API server for tests: etcd and kube-apiserver on loopback ports, without
 * kubelets or controllers. Needs no root; started and stopped by the test that uses it.
 *
 * @module
 */

import { setTimeout as delay } from "node:timers/promises";
import { run, spawnProcess } from "../../src/platform/process.ts";
import type { Child } from "../../src/platform/process.ts";
import { makeCertificates } from "./certificates.ts";
import { findProgram, missingPrograms } from "../needing.ts";

/** A running API server. */
export interface ApiServer {
  /** https://127.0.0.1:PORT. The certificate also names "api.nodeping.test". */
  readonly url: string;
  /** Holds ca.crt, client.crt and client.key (user "alice" of system:masters) and the logs. */
  readonly directory: string;
  /** Path of a kubeconfig of the administrator, namespace "default". */
  readonly kubeconfig: string;
  /** Bearer token of system:masters. */
  readonly adminToken: string;
  /** Bearer token of user "bob", who may do nothing unless a test lets him. */
  readonly bobToken: string;
  /** Stops kube-apiserver, keeping its data. */
  readonly pause: () => Promise<void>;
  /** Starts kube-apiserver again on the same port. */
  readonly resume: () => Promise<void>;
  /** Stops everything and removes the directory. */
  readonly stop: () => Promise<void>;
}

/** What the API server needs, where something is missing: the reason to skip a test. */
export function missingForApiServer(): string | undefined {
  return missingPrograms("etcd", "kube-apiserver", "openssl");
}

/**
 * Starts an API server; throws with its log when it does not get ready within 60 s. `moreArguments`
 * are kube-apiserver's, made from the server's directory.
 */
export async function startApiServer(
  moreArguments: (directory: string) => Promise<readonly string[]> = () => Promise.resolve([]),
): Promise<ApiServer> {
  const directory = await Deno.makeTempDir({ prefix: "nodeping-api-" });
  await makeCertificates(directory);
  await Deno.writeTextFile(
    `${directory}/tokens.csv`,
    'admin-token,admin,admin,"system:masters"\nbob-token,bob,bob,"bobs"\n',
  );
  const [client, peer, secure] = [freePort(), freePort(), freePort()];
  const url = `https://127.0.0.1:${secure}`;
  const kubeconfig = `${directory}/kubeconfig`;
  await Deno.writeTextFile(
    kubeconfig,
    kubeconfigText({ server: url, ca: `${directory}/ca.crt`, user: { token: "admin-token" } }),
  );
  const etcd = await startLogged(`${directory}/etcd.log`, program("etcd"), [
    `--data-dir=${directory}/etcd`,
    `--listen-client-urls=http://127.0.0.1:${client}`,
    `--advertise-client-urls=http://127.0.0.1:${client}`,
    `--listen-peer-urls=http://127.0.0.1:${peer}`,
    `--initial-advertise-peer-urls=http://127.0.0.1:${peer}`,
    `--initial-cluster=default=http://127.0.0.1:${peer}`,
    "--unsafe-no-fsync",
  ]);
  const more = await moreArguments(directory);
  const start = async (): Promise<Logged> => {
    const server = await startLogged(
      `${directory}/apiserver.log`,
      program("kube-apiserver"),
      [...apiServerArguments(directory, `http://127.0.0.1:${client}`, secure), ...more],
    );
    await untilReady(url, directory);
    return server;
  };
  let server = await start();
  return {
    url,
    directory,
    kubeconfig,
    adminToken: "admin-token",
    bobToken: "bob-token",
    pause: () => server.stop(),
    resume: async () => void (server = await start()),
    stop: async () => {
      await server.stop();
      await etcd.stop();
      await Deno.remove(directory, { recursive: true });
    },
  };
}

function apiServerArguments(directory: string, etcd: string, port: number): string[] {
  return [
    `--etcd-servers=${etcd}`,
    `--secure-port=${port}`,
    "--bind-address=127.0.0.1",
    `--tls-cert-file=${directory}/server.crt`,
    `--tls-private-key-file=${directory}/server.key`,
    `--client-ca-file=${directory}/ca.crt`,
    `--token-auth-file=${directory}/tokens.csv`,
    "--authorization-mode=RBAC",
    "--service-account-issuer=https://kubernetes.default.svc",
    `--service-account-key-file=${directory}/ca.key`,
    `--service-account-signing-key-file=${directory}/ca.key`,
    "--service-cluster-ip-range=10.96.0.0/16",
    "--endpoint-reconciler-type=none",
  ];
}

/** What {@linkcode kubeconfigText} writes. */
export interface KubeconfigParts {
  readonly server: string;
  /** Path of the certificate authority. */
  readonly ca?: string;
  /** Fields of the user, as in a kubeconfig. */
  readonly user: Readonly<Record<string, unknown>>;
  /** Name of context, cluster and user. */
  readonly name?: string;
  readonly namespace?: string;
}

/** The text of a kubeconfig with one context. */
export function kubeconfigText(parts: KubeconfigParts): string {
  const { name = "test", server, ca, user, namespace = "default" } = parts;
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name, cluster: { server, ...(ca ? { "certificate-authority": ca } : {}) } }],
    users: [{ name, user }],
    contexts: [{ name, context: { cluster: name, user: name, namespace } }],
    "current-context": name,
  });
}

async function untilReady(url: string, directory: string): Promise<void> {
  for (let attempt = 0; attempt < 240; attempt++) {
    const { stdout } = await run(spawnProcess, {
      command: "curl",
      args: [
        "-s",
        "--cacert",
        `${directory}/ca.crt`,
        "-HAuthorization: Bearer admin-token",
        `${url}/readyz`,
      ],
    });
    if (stdout === "ok") return;
    await delay(250);
  }
  const log = await Deno.readTextFile(`${directory}/apiserver.log`);
  throw new Error(`The API server did not get ready: ${log.slice(-2000)}`);
}

interface Logged {
  readonly stop: () => Promise<void>;
}

async function startLogged(log: string, command: string, args: readonly string[]): Promise<Logged> {
  const child: Child = spawnProcess({ command, args });
  const file = await Deno.open(log, { create: true, append: true });
  const copied = Promise.all([
    child.stdout.pipeTo(new WritableStream()),
    child.stderr.pipeTo(file.writable),
  ]);
  return {
    stop: async () => {
      child.kill("SIGKILL");
      await Promise.all([child.status, copied]);
    },
  };
}

function program(name: string): string {
  const path = findProgram(name);
  if (path === undefined) throw new Error(`No ${name} on PATH`);
  return path;
}

function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  return port;
}
