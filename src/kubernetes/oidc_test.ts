import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { connect } from "./credentials.ts";
import { connectDeps } from "../../tests/fakes/deps.ts";
import { startFakeServer } from "../../tests/fakes/http_server.ts";
import type { Answer, FakeServer, ReceivedRequest } from "../../tests/fakes/http_server.ts";

function jwt(name: string, exp: number): string {
  return ["{}", JSON.stringify({ name, exp }), "x"]
    .map((part) => Buffer.from(part).toString("base64url")).join(".");
}

const expired = jwt("old", 1);
const fresh = jwt("new", 4e9);

const kubeconfig = (issuer: string, config: string) =>
  `# mine
clusters:
- {name: c, cluster: {server: "https://api.example"}}
contexts:
- {name: x, context: {cluster: c, user: jane}}
current-context: x
users:
- name: other
  user: {token: t}
- name: jane
  user:
    auth-provider:
      name: oidc
      config:
        idp-issuer-url: ${issuer}/ # with a slash
        client-id: np
        client-secret: "s:e c"
        id-token: ${expired}
${config}`;

interface Provider {
  readonly idp: FakeServer;
  readonly file: string;
  /** The header Authorization, and all warnings. */
  readonly authorization: () => Promise<readonly [string | undefined, string]>;
}

async function withProvider(
  answer: (request: ReceivedRequest, idp: FakeServer) => Answer,
  config: string,
  use: (provider: Provider) => Promise<void>,
  discovery: Answer = {},
): Promise<void> {
  const directory = await Deno.makeTempDir();
  await using idp: FakeServer = startFakeServer((request) =>
    request.line === "GET /.well-known/openid-configuration"
      ? { body: JSON.stringify({ token_endpoint: `${idp.url}/token?tenant=1` }), ...discovery }
      : answer(request, idp)
  );
  try {
    const file = `${directory}/config`;
    await Deno.writeTextFile(file, kubeconfig(idp.url, config), { mode: 0o600 });
    let warnings = "";
    const deps = connectDeps({ KUBECONFIG: file }, { err: (text) => void (warnings += text) });
    const authorization = async () => {
      const { headers } = await (await connect(deps)).endpoint();
      return [headers.find(([name]) => name === "Authorization")?.[1], warnings] as const;
    };
    await use({ idp, file, authorization });
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

const renewed = (fields = {}): Answer => ({ body: JSON.stringify({ id_token: fresh, ...fields }) });
const withRefreshToken = "        refresh-token: once\n";

Deno.test("an id-token that has expired is renewed, and kept for kubectl as well", async () => {
  await withProvider(
    () => renewed({ refresh_token: "next" }),
    withRefreshToken,
    async (provider) => {
      const { idp, file, authorization } = provider;
      assert.deepEqual(await authorization(), [`Bearer ${fresh}`, ""]);
      const [, request] = idp.received;
      assert.equal(request?.line, "POST /token?tenant=1");
      assert.equal(request?.body, "grant_type=refresh_token&refresh_token=once");
      assert.deepEqual(request?.headers.find(([name]) => name === "authorization"), [
        "authorization",
        `Basic ${btoa("np:s%3Ae%20c")}`,
      ]);
      const text = await Deno.readTextFile(file);
      assert.match(text, /^# mine$/m);
      assert.match(text, /^ +refresh-token: next$/m);
      assert.ok(text.includes(`id-token: ${fresh}`));
      assert.equal((await Deno.stat(file)).mode! & 0o777, 0o600);
      assert.deepEqual(await authorization(), [`Bearer ${fresh}`, ""], "nobody is asked again");
      assert.equal(idp.received.length, 2);
    },
  );
});

Deno.test("a provider that takes no header is given the client's secret in the body", async () => {
  const picky = ({ body }: ReceivedRequest) =>
    body.includes("client_secret=s%3Ae+c") ? renewed() : { status: 401, body: "{}" };
  await withProvider(picky, withRefreshToken, async ({ authorization, file }) => {
    assert.equal((await authorization())[0], `Bearer ${fresh}`);
    assert.match(await Deno.readTextFile(file), /refresh-token: once/);
  });
});

Deno.test("what cannot be renewed says why, and what to do", async () => {
  const refusal = { error: "invalid_grant", error_description: "Token is used up" };
  const cases: readonly (readonly [string, Answer, RegExp])[] = [
    [
      "",
      renewed(),
      /The id-token of the user "jane" is missing or has expired, and there is no refresh-token: log in/,
    ],
    [
      withRefreshToken,
      { status: 400, body: JSON.stringify(refusal) },
      /Cannot renew the id-token of the user "jane" at http.*: it answered 400: Token is used up; log in anew/,
    ],
    [withRefreshToken, { status: 502, body: "<html>" }, /it answered 502: no reason; log in anew/],
    [
      withRefreshToken,
      { body: "{}" },
      /its answer holds no id_token: log in with the scope openid/,
    ],
  ];
  for (const [config, answer, message] of cases) {
    await withProvider(() => answer, config, async ({ authorization }) => {
      await assert.rejects(authorization(), message);
    });
  }
});

Deno.test("a provider that does not say where tokens are renewed is named, with what it answers", async () => {
  const cases: readonly (readonly [Answer, RegExp])[] = [
    [{ status: 503 }, /at http.*: its openid-configuration answers 503$/],
    [{ body: "<html>" }, /its openid-configuration names no token_endpoint$/],
    [{ body: "x".repeat(2 ** 20 + 1) }, /The answer is longer than 1 MiB$/],
  ];
  for (const [discovery, message] of cases) {
    await withProvider(() => renewed(), withRefreshToken, async ({ authorization }) => {
      await assert.rejects(authorization(), { message });
    }, discovery);
  }
});

Deno.test("renewed tokens that cannot be written are used, with a warning", async () => {
  await withProvider(() => renewed(), withRefreshToken, async ({ authorization, file }) => {
    await Deno.writeTextFile(`${file}.lock`, "");
    const [value, warning] = await authorization();
    assert.equal(value, `Bearer ${fresh}`);
    assert.match(warning, /^Warning: Cannot write the renewed tokens into ".*config", log in anew/);
    assert.ok((await Deno.readTextFile(file)).includes(expired));
  });
});
