/** Kubeconfigs, usual and broken, of which nodeping must make what kubectl makes. @module */

/** Fields of a kubeconfig. */
type Fields = Readonly<Record<string, unknown>>;

/** One kubeconfig: a user, or more, that takes the place of the usual one's. */
export interface KubeconfigCase {
  readonly user?: Fields;
  /** Takes the place of the private authority. */
  readonly cluster?: Fields;
  /** Fields of the whole file. */
  readonly file?: Fields;
  /** The whole text instead, "SERVER" and "CA" replaced. */
  readonly text?: string;
  /** True for a server without TLS. */
  readonly isPlain?: boolean;
  /** True where the file gets the refresh-token "next". */
  readonly isRenewed?: boolean;
  /** Where nodeping refuses what kubectl does, the reason. */
  readonly refusedHere?: string;
}

const exec = { apiVersion: "client.authentication.k8s.io/v1", interactiveMode: "Never" };
const answer = (status: Fields) =>
  JSON.stringify({ apiVersion: exec.apiVersion, kind: "ExecCredential", status });
const prints = (text: string) => ({ ...exec, command: "sh", args: ["-c", `echo '${text}'`] });
/** The plugin's token is what it was given. */
const echoesInfo = {
  ...{ ...exec, command: "sh", provideClusterInfo: true },
  args: [
    "-c",
    `printf '%s' '{"apiVersion":"${exec.apiVersion}","kind":"ExecCredential","status":{"token":"'; ` +
    `printf '%s' "$KUBERNETES_EXEC_INFO" | base64 -w0; echo '"}}'`,
  ],
};

/** A token of OpenID Connect that expires at this Unix time. */
export const jwt = (exp: number): string =>
  ["{}", `{"exp":${exp}}`, "x"].map((part) => btoa(part).replace(/=+$/, "")).join(".");
const oidc = (config: Fields) => ({
  "auth-provider": {
    name: "oidc",
    config: { "idp-issuer-url": "https://idp.invalid", "client-id": "c", ...config },
  },
});

/** Every case, by what is particular to it. */
export const kubeconfigCases: Readonly<Record<string, KubeconfigCase>> = {
  "nobody": {},
  "a token": { user: { token: "t" } },
  "a token that is a number": { user: { token: 12345 } },
  "a token that is a boolean": { user: { token: true } },
  "name and password": { user: { username: "jane", password: "p:w" } },
  "a name and password beyond ASCII": { user: { username: "jösé", password: "пароль" } },
  "a name without a password": { user: { username: "jane" } },
  "a password without a name": { user: { password: "p" } },
  "a token and a password": { user: { token: "t", username: "jane", password: "p" } },
  "a tokenFile": { user: { tokenFile: "token" } },
  "a tokenFile and a token": { user: { tokenFile: "token", token: "t" } },
  "a tokenFile that is missing": { user: { tokenFile: "missing" } },
  "a tokenFile that is missing, and a token": { user: { tokenFile: "missing", token: "t" } },
  "a tokenFile that is empty": { user: { tokenFile: "empty" } },
  "a tokenFile and a password": { user: { tokenFile: "token", username: "jane", password: "p" } },
  "impersonation of a user": { user: { token: "t", as: "bob" } },
  "impersonation with all that there is": {
    user: {
      ...{ token: "t", as: "jösé", "as-uid": "42", "as-groups": ["a", "b,c", "ü"] },
      "as-user-extra": { "example.org/Scope%": ["one", "two"], "ä b": ["three"], none: [] },
    },
  },
  "a uid without a user": { user: { token: "t", "as-uid": "42" } },
  "groups without a user": { user: { token: "t", "as-groups": ["a"] } },
  "extra without a user": { user: { token: "t", "as-user-extra": { a: ["b"] } } },
  "empty groups without a user": { user: { token: "t", "as-groups": [], "as-uid": "" } },
  "groups that are no list": { user: { token: "t", as: "bob", "as-groups": "a" } },
  "extra that is no list": { user: { token: "t", as: "bob", "as-user-extra": { a: "b" } } },
  "fields that nobody knows": { user: { token: "t", "as-whom": "bob" }, cluster: { color: "red" } },
  "null in place of all": {
    user: { token: "t", username: null, exec: null, "as-groups": null, "auth-provider": null },
  },
  "a plugin's token": { user: { exec: prints(answer({ token: "p" })) } },
  "a plugin that is given the cluster": {
    user: { exec: echoesInfo },
    cluster: {
      "tls-server-name": "api.nodeping.test",
      extensions: [
        { name: "other", extension: { no: 1 } },
        { name: "client.authentication.k8s.io/exec", extension: { audience: "x", n: 1 } },
      ],
    },
  },
  "a plugin that is given nothing": {
    user: { exec: { ...echoesInfo, provideClusterInfo: false } },
  },
  "a plugin's variables": {
    user: {
      exec: {
        ...{ ...exec, command: "sh", env: [{ name: "NP_TOKEN", value: "from-env" }] },
        args: [
          "-c",
          `echo "{\\"apiVersion\\":\\"${exec.apiVersion}\\",\\"kind\\":\\"ExecCredential\\",` +
          `\\"status\\":{\\"token\\":\\"$NP_TOKEN\\"}}"`,
        ],
      },
    },
  },
  "a plugin of v1beta1 without interactiveMode": {
    user: {
      exec: {
        ...prints(answer({ token: "p" }).replace("/v1", "/v1beta1")),
        ...{ apiVersion: "client.authentication.k8s.io/v1beta1", interactiveMode: "" },
      },
    },
  },
  "a plugin of v1 without interactiveMode": {
    user: { exec: { ...prints(answer({ token: "p" })), interactiveMode: "" } },
  },
  "a plugin of an unknown interactiveMode": {
    user: { exec: { ...prints(answer({ token: "p" })), interactiveMode: "Sometimes" } },
  },
  "a plugin that must ask a person, and cannot": {
    user: { exec: { ...prints(answer({ token: "p" })), interactiveMode: "Always" } },
  },
  "a plugin of v1alpha1": {
    user: { exec: { ...prints("{}"), apiVersion: "client.authentication.k8s.io/v1alpha1" } },
  },
  "a plugin that answers another version": {
    user: { exec: prints(answer({ token: "p" }).replace("/v1", "/v1beta1")) },
  },
  "a plugin that fails": { user: { exec: { ...exec, command: "sh", args: ["-c", "exit 7"] } } },
  "a plugin that is missing": { user: { exec: { ...exec, command: "no-such-plugin" } } },
  "a plugin without status": { user: { exec: prints(answer({}).replace(',"status":{}', "")) } },
  "a plugin with an empty status": { user: { exec: prints(answer({})) } },
  "a plugin with a certificate alone": {
    user: { exec: prints(answer({ clientCertificateData: "x" })) },
  },
  "a plugin that answers nothing": { user: { exec: { ...exec, command: "true" } } },
  "a plugin without a command": { user: { exec: { ...exec } } },
  "a plugin and a token": { user: { token: "t", exec: prints(answer({ token: "p" })) } },
  "a plugin and a password": {
    user: { username: "jane", password: "p", exec: prints(answer({ token: "p" })) },
  },
  "a plugin and an auth-provider": {
    user: { exec: prints(answer({ token: "p" })), ...oidc({ "id-token": jwt(4e9) }) },
  },
  "OIDC with a token that is valid": { user: oidc({ "id-token": jwt(4e9) }) },
  "OIDC with a token that has expired": { user: oidc({ "id-token": jwt(1e9) }) },
  "OIDC with a token that is renewed": {
    user: oidc({
      ...{ "idp-issuer-url": "IDP/", "client-secret": "s:e c" },
      ...{ "id-token": jwt(1e9), "refresh-token": "once" },
    }),
    isRenewed: true,
  },
  "OIDC without a token": { user: oidc({}) },
  "OIDC without an issuer": {
    user: { "auth-provider": { name: "oidc", config: { "client-id": "c", "id-token": jwt(4e9) } } },
  },
  "OIDC and a token": { user: { token: "t", ...oidc({ "id-token": jwt(4e9) }) } },
  "the auth-provider gcp": { user: { "auth-provider": { name: "gcp" } } },
  "the auth-provider azure, and a token": {
    user: { token: "t", "auth-provider": { name: "azure" } },
  },
  "an auth-provider that nobody knows": { user: { "auth-provider": { name: "mine" } } },
  "no authority": { user: { token: "t" }, cluster: { "certificate-authority": "" } },
  "an authority that is no PEM": {
    user: { token: "t" },
    cluster: { "certificate-authority-data": btoa("x") },
  },
  "an authority that is no Base64": {
    user: { token: "t" },
    cluster: { "certificate-authority-data": "%%" },
  },
  "an authority that is missing": {
    user: { token: "t" },
    cluster: { "certificate-authority": "none.crt" },
  },
  "an unchecked certificate": {
    user: { token: "t" },
    cluster: { "certificate-authority": "", "insecure-skip-tls-verify": true },
  },
  "an unchecked certificate with an authority": {
    user: { token: "t" },
    cluster: { "insecure-skip-tls-verify": true },
  },
  "insecure as a text": { user: { token: "t" }, cluster: { "insecure-skip-tls-verify": "true" } },
  "a TLS server name": {
    user: { token: "t" },
    cluster: { "tls-server-name": "api.nodeping.test" },
  },
  "a wrong TLS server name": { user: { token: "t" }, cluster: { "tls-server-name": "wrong.test" } },
  "a client certificate": {
    user: { "client-certificate": "client.crt", "client-key": "client.key", token: "t" },
  },
  "a client certificate without a key": {
    user: { "client-certificate": "client.crt", token: "t" },
  },
  "a client certificate of another key": {
    refusedHere: "kubectl reads it only where a server asks for it, which this one does not",
    user: { "client-certificate": "client.crt", "client-key": "server.key", token: "t" },
  },
  "a client certificate that is none": {
    user: { "client-certificate-data": btoa("x"), "client-key-data": btoa("y"), token: "t" },
  },
  "a client certificate beside a plugin": {
    user: {
      ...{ "client-certificate": "client.crt", "client-key": "client.key" },
      exec: prints(answer({ token: "p" })),
    },
  },
  "a proxy-url that is none": { user: { token: "t" }, cluster: { "proxy-url": "ftp://proxy" } },
  "a user that is not there": {
    file: { contexts: [{ name: "test", context: { cluster: "test", user: "other" } }] },
  },
  "no user at all": { file: { contexts: [{ name: "test", context: { cluster: "test" } }] } },
  "a cluster that is not there": {
    file: { contexts: [{ name: "test", context: { cluster: "other", user: "test" } }] },
  },
  "no current context": { file: { "current-context": "" } },
  "a current context that is not there": { file: { "current-context": "other" } },
  "a server path": { user: { token: "t" }, cluster: { server: "SERVER/k8s/clusters/c-1/" } },
  "a server without a scheme": { user: { token: "t" }, cluster: { server: "HOST" } },
  "a server of an unknown scheme": { user: { token: "t" }, cluster: { server: "ftp://HOST" } },
  "no TLS: no secret is sent": { isPlain: true, user: { token: "t", as: "bob" } },
  "no TLS: no password is sent": { isPlain: true, user: { username: "jane", password: "p" } },
  "no TLS: no plugin is asked": { isPlain: true, user: { exec: prints(answer({ token: "p" })) } },
  "no TLS: no client certificate": {
    isPlain: true,
    user: { "client-certificate": "client.crt", "client-key": "client.key" },
  },
  "no TLS: an authority that is none": {
    isPlain: true,
    cluster: { "certificate-authority-data": btoa("x") },
  },
  "no TLS, without a scheme": {
    isPlain: true,
    user: { token: "t" },
    cluster: { server: "HOST", "certificate-authority": "" },
  },
  "no TLS, unchecked, without a scheme": {
    isPlain: true,
    user: { token: "t" },
    cluster: { server: "HOST", "certificate-authority": "", "insecure-skip-tls-verify": true },
  },
  "no server": { user: { token: "t" }, cluster: { server: "" } },
  "a key that stands twice": {
    text: yaml("token: first\n    token: second"),
  },
  "a key that stands twice, further up": {
    text: yaml("token: t") + "current-context: test\ncurrent-context: test\n",
  },
  "merge keys": {
    text: `base: &base\n  token: merged\n  as: bob\n${yaml("<<: *base\n    as: carol")}`,
  },
  "YAML 1.1: yes is true": {
    text: yaml("token: t").replace("certificate-authority: CA", "insecure-skip-tls-verify: yes"),
  },
  "YAML 1.1: a token yes": { text: yaml("token: yes") },
  "YAML 1.1: a date": { text: yaml("token: 2020-01-01") },
  "YAML 1.1: what looks like a time": { text: yaml("token: 12:30:45") },
  "YAML 1.1: what looks like a number": { text: yaml("token: 0x1F") },
  "YAML 1.1: an octal number": { text: yaml("username: 0777\n    password: p") },
  "YAML 1.1: an exponent": { text: yaml("token: 1e3") },
  "YAML 1.1: a tilde": { text: yaml("token: ~\n    username: jane") },
  "a tab": { text: yaml("token: t\t") },
  "two documents": { text: `${yaml("token: t")}---\n${yaml("token: u")}` },
  "a file that is no YAML": { text: "{" },
  "an empty file": { text: "" },
  "fields of another case": { text: yaml("Token: t\n    token: u") },
};

/** A kubeconfig in YAML whose user has these lines. */
function yaml(user: string): string {
  return `apiVersion: v1
kind: Config
clusters:
- name: test
  cluster:
    server: SERVER
    certificate-authority: CA
users:
- name: test
  user:
    ${user}
contexts:
- name: test
  context: {cluster: test, user: test}
current-context: test
`;
}
