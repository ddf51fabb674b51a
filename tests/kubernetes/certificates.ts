/** Certificates of a private authority, made by openssl. @module */

import { run, spawnProcess } from "../../src/platform/process.ts";

/**
 * Makes ca.crt and ca.key, and, signed by it, server.crt and server.key (127.0.0.1, ::1, localhost and
 * api.nodeping.test) and client.crt and client.key (user "alice" of system:masters).
 */
export async function makeCertificates(directory: string): Promise<void> {
  const names = "subjectAltName=IP:127.0.0.1,IP:::1,DNS:localhost,DNS:api.nodeping.test";
  await Deno.writeTextFile(`${directory}/server.ext`, `${names}\n`);
  await Deno.writeTextFile(`${directory}/client.ext`, "extendedKeyUsage=clientAuth\n");
  await openssl(directory, [
    ..."req -x509 -newkey rsa:2048 -nodes -days 2 -keyout ca.key -out ca.crt".split(" "),
    ..."-subj /CN=nodeping-test-ca -addext keyUsage=critical,keyCertSign,digitalSignature".split(
      " ",
    ),
  ]);
  for (const [name, subject] of [["server", "/CN=api"], ["client", "/O=system:masters/CN=alice"]]) {
    await openssl(directory, [
      ...`req -newkey rsa:2048 -nodes -keyout ${name}.key -out ${name}.csr -subj ${subject}`
        .split(" "),
    ]);
    await openssl(directory, [
      ...`x509 -req -in ${name}.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2`.split(" "),
      ...`-extfile ${name}.ext -out ${name}.crt`.split(" "),
    ]);
  }
}

async function openssl(directory: string, args: readonly string[]): Promise<void> {
  const finished = await run(spawnProcess, {
    command: "sh",
    args: ["-c", 'cd "$1" && shift && exec openssl "$@"', "sh", directory, ...args],
  });
  if (finished.code !== 0) throw new Error(`openssl ${args[0]} failed: ${finished.stderr}`);
}
