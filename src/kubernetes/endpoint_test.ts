import assert from "node:assert/strict";
import { helmOverrides, proxyFor } from "./endpoint.ts";

Deno.test("helmOverrides() reads every flag that Helm hands on", () => {
  const env: Readonly<Record<string, string>> = {
    HELM_KUBECONTEXT: "prod",
    HELM_KUBEAPISERVER: "https://api.example:6443/",
    HELM_KUBETOKEN: "secret",
    HELM_KUBEASUSER: "jane",
    HELM_KUBEASGROUPS: "dev,,ops",
    HELM_KUBECAFILE: "/ca.crt",
    HELM_KUBEINSECURE_SKIP_TLS_VERIFY: "true",
    HELM_KUBETLS_SERVER_NAME: "api.internal",
    HELM_NAMESPACE: "monitoring",
  };
  assert.deepEqual(helmOverrides((name) => env[name]), {
    context: "prod",
    server: "https://api.example:6443",
    token: "secret",
    asUser: "jane",
    asGroups: ["dev", "ops"],
    caFile: "/ca.crt",
    insecure: true,
    tlsServerName: "api.internal",
    namespace: "monitoring",
  });
});

Deno.test("helmOverrides() overrides nothing where Helm's variables are empty or absent", () => {
  const nothing = {
    ...{ context: undefined, server: undefined, token: undefined, asUser: undefined },
    ...{ asGroups: [], caFile: undefined, insecure: false, tlsServerName: undefined },
    namespace: undefined,
  };
  assert.deepEqual(helmOverrides(() => ""), nothing);
  assert.deepEqual(helmOverrides(() => undefined), nothing);
  assert.equal(helmOverrides(() => "false").insecure, false);
});

const proxied = { HTTPS_PROXY: "http://proxy.example:3128", HTTP_PROXY: "http://plain.example" };

function proxy(server: string, env: Readonly<Record<string, string>>, url?: string): unknown {
  return proxyFor(server, url, (name) => env[name]);
}

Deno.test("proxyFor() takes proxy-url first, then the variable of the server's scheme", () => {
  const server = "https://api.example:6443";
  assert.equal(proxy(server, proxied, "socks5://localhost:1080"), "socks5://localhost:1080");
  assert.equal(proxy(server, proxied), "http://proxy.example:3128");
  assert.equal(proxy("http://api.example", proxied), "http://plain.example");
  assert.equal(proxy(server, { https_proxy: "lower.example:80" }), "http://lower.example:80");
  assert.equal(proxy(server, { HTTP_PROXY: "http://plain.example" }), undefined);
  const curls = { HTTPS_PROXY: "socks5h://jane:secret@localhost:1080" };
  assert.equal(proxy(server, curls), "socks5://jane:secret@localhost:1080");
  assert.equal(proxy(server, {}), undefined);
});

Deno.test("proxyFor() reaches loopback directly, unless the kubeconfig says otherwise", () => {
  for (const host of ["localhost", "127.0.0.1", "127.8.8.8", "[::1]"]) {
    assert.equal(proxy(`https://${host}:6443`, proxied), undefined, host);
    assert.equal(proxy(`https://${host}:6443`, proxied, "http://p:1"), "http://p:1", host);
  }
});

Deno.test("proxyFor() heeds NO_PROXY: hosts, domains, ports, addresses and CIDRs", () => {
  const cases: readonly (readonly [noProxy: string, server: string, isDirect: boolean])[] = [
    ["*", "https://api.example", true],
    ["api.example", "https://api.example:6443", true],
    ["example", "https://api.example", true],
    [".example", "https://api.example", true],
    ["*.example", "https://api.example", true],
    [".api.example", "https://api.example", false],
    ["pi.example", "https://api.example", false],
    ["other, API.example", "https://api.example", true],
    ["api.example:6443", "https://api.example:6443", true],
    ["api.example:443", "https://api.example", true],
    ["api.example:443", "https://api.example:6443", false],
    ["10.0.0.1", "https://10.0.0.1:6443", true],
    ["10.0.0.1:1", "https://10.0.0.1:6443", false],
    ["10.0.0.0/8", "https://10.1.2.3", true],
    ["10.0.0.0/16", "https://10.1.2.3", false],
    ["10.0.0.0/8", "https://api.example", false],
    ["fd00::/8", "https://[fd00::1]:6443", true],
    ["fd00::1", "https://[fd00::1]:6443", true],
    ["[fd00::1]:6443", "https://[fd00::1]:6443", true],
    ["fd00::2", "https://[fd00::1]:6443", false],
    ["", "https://api.example", false],
  ];
  for (const [list, server, isDirect] of cases) {
    const found = proxy(server, { ...proxied, NO_PROXY: list });
    assert.equal(found, isDirect ? undefined : "http://proxy.example:3128", `${list} ${server}`);
  }
});

Deno.test("proxyFor() refuses what is no proxy, and keeps its password to itself", () => {
  assert.throws(
    () => proxy("https://api.example", {}, "ftp://jane:secret@proxy"),
    /^ConnectionError: The kubeconfig's proxy-url is "ftp:\/\/jane:\.\.\.@proxy": write a URL of http/,
  );
  assert.throws(
    () => proxy("https://api.example", { HTTPS_PROXY: "http://" }),
    /^ConnectionError: HTTPS_PROXY is/,
  );
});
