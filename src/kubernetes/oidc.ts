/** The auth-provider "oidc" of a kubeconfig: its id-token, renewed by its refresh-token as kubectl does it. @module */

import { Buffer } from "node:buffer";
import { textOf } from "./client.ts";
import { ConnectionError, proxyFor } from "./endpoint.ts";
import type { ReadEnv } from "./endpoint.ts";
import type { UserSettings } from "./kubeconfig.ts";
import { FieldReader, isFields, withAuthProviderConfig } from "./kubeconfig_files.ts";
import type { Fields } from "./kubeconfig_files.ts";
import { makeTransport } from "./transport.ts";
import type { HttpRequest } from "./transport.ts";
import { systemClock, within } from "../platform/clock.ts";
import { rewriteFile } from "../platform/files.ts";
import { errorMessage } from "../platform/terminal.ts";

/** What has replaced the auth-providers that kubectl does not have any more. */
const replacements: Readonly<Record<string, string>> = {
  azure: "kubelogin",
  gcp: "gke-gcloud-auth-plugin",
  openstack: "client-keystone-auth",
};

/** Throws ConnectionError for an auth-provider that kubectl does not have, with what replaces it. */
export function checkAuthProvider({ name, authProvider }: UserSettings): void {
  if (authProvider === undefined || authProvider.name === "oidc") return;
  const plugin = replacements[authProvider.name];
  throw new ConnectionError(
    `The user "${name}" of the kubeconfig has the auth-provider "${authProvider.name}", which ` +
      (plugin === undefined
        ? "nobody knows: use oidc, or a credential plugin (exec)"
        : `kubectl has removed: use the credential plugin ${plugin} (exec)`),
  );
}

/** What renewing needs from outside. */
export interface OidcDeps {
  /** For the variables of a proxy. */
  readonly env: ReadEnv;
  /** Ends a renewal. */
  readonly signal: AbortSignal;
  /** Shows what does not stop it. */
  readonly warn: (message: string) => void;
}

interface Tokens {
  readonly idToken: string;
  readonly refreshToken: string;
}

/**
 * Gives an id-token that is valid now. Renewed ones are written into the kubeconfig: many providers
 * accept a refresh-token once, and kubectl must not be locked out.
 */
export function oidcToken(
  user: UserSettings,
  config: Fields,
  deps: OidcDeps,
): () => Promise<string> {
  const settings = new FieldReader(`The auth-provider of the user "${user.name}"`, config);
  const [issuer, clientId] = ["idp-issuer-url", "client-id"].map((field) =>
    required(settings, field)
  );
  let idToken = settings.text("id-token");
  let refreshToken = settings.text("refresh-token");
  let renewing: Promise<string> | undefined;
  const renew = async (): Promise<string> => {
    if (refreshToken === undefined) {
      throw new ConnectionError(
        `The id-token of the user "${user.name}" is missing or has expired, and there is no ` +
          "refresh-token: log in anew",
      );
    }
    const tokens = await within(
      renewalTimeoutMs,
      deps.signal,
      (signal) =>
        refreshed({
          issuer: issuer ?? "",
          clientId: clientId ?? "",
          refreshToken: refreshToken ?? "",
        }, {
          ...deps,
          ...{ settings, signal },
        }),
    ).catch((cause) => {
      if (cause instanceof ConnectionError) throw cause;
      const detail = errorMessage(cause);
      throw new ConnectionError(
        `Cannot renew the id-token of the user "${user.name}" at ${issuer}: ${detail}`,
        { cause },
      );
    });
    ({ idToken, refreshToken } = tokens);
    await keep(user, tokens).catch((error) =>
      deps.warn(
        `Cannot write the renewed tokens into "${user.file}", log in anew where kubectl is refused: ` +
          errorMessage(error),
      )
    );
    return tokens.idToken;
  };
  return async () => {
    if (idToken !== undefined && !hasExpired(idToken, systemClock.wallMs())) return idToken;
    renewing ??= renew().finally(() => void (renewing = undefined));
    return await renewing;
  };
}

const renewalTimeoutMs = 30_000;

function required(settings: FieldReader, field: string): string {
  const value = settings.text(field);
  if (value !== undefined) return value;
  throw new ConnectionError(`${settings.title} has no ${field}`);
}

/** A token that expires on its way is as good as expired. */
const leewayMs = 10_000;

function hasExpired(jwt: string, nowMs: number): boolean {
  try {
    const claims: unknown = JSON.parse(
      Buffer.from(jwt.split(".")[1] ?? "", "base64url").toString(),
    );
    return !isFields(claims) || !(Number(claims["exp"]) * 1000 - leewayMs > nowMs);
  } catch {
    return true;
  }
}

interface Renewal {
  readonly issuer: string;
  readonly clientId: string;
  readonly refreshToken: string;
}

interface RenewalDeps extends OidcDeps {
  readonly settings: FieldReader;
}

/** OAuth 2.0 (RFC 6749, 6): the client's secret in a header first, then in the body, as Go's oauth2 tries. */
async function refreshed(
  { issuer, clientId, refreshToken }: Renewal,
  deps: RenewalDeps,
): Promise<Tokens> {
  const metadata = await ask(
    `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`,
    {},
    deps,
  );
  if (metadata.status !== 200) {
    throw new Error(`its openid-configuration answers ${metadata.status}`);
  }
  const endpoint = metadata.fields["token_endpoint"];
  if (typeof endpoint !== "string") {
    throw new Error("its openid-configuration names no token_endpoint");
  }
  const secret = deps.settings.text("client-secret") ?? "";
  const form = { grant_type: "refresh_token", refresh_token: refreshToken };
  const basic = [clientId, secret].map(encodeURIComponent).join(":");
  let answer = await ask(
    endpoint,
    { form, headers: [["Authorization", `Basic ${btoa(basic)}`]] },
    deps,
  );
  if (answer.status !== 200) {
    const own = { client_id: clientId, ...(secret === "" ? {} : { client_secret: secret }) };
    answer = await ask(endpoint, { form: { ...form, ...own } }, deps);
  }
  const { id_token: idToken, refresh_token: next, error, error_description: why } = answer.fields;
  if (answer.status !== 200) {
    throw new Error(`it answered ${answer.status}: ${why ?? error ?? "no reason"}; log in anew`);
  }
  if (typeof idToken !== "string") {
    throw new Error("its answer holds no id_token: log in with the scope openid");
  }
  return { idToken, refreshToken: typeof next === "string" ? next : refreshToken };
}

interface Question {
  readonly form?: Readonly<Record<string, string>>;
  readonly headers?: HttpRequest["headers"];
}

async function ask(
  url: string,
  { form, headers = [] }: Question,
  { settings, env, signal }: RenewalDeps,
): Promise<{ readonly status: number; readonly fields: Fields }> {
  const { origin, pathname, search } = new URL(url);
  const ca = await authority(settings);
  const proxy = proxyFor(origin, undefined, env);
  using transport = makeTransport();
  const response = await transport.send({
    ...{ server: origin, headers: [], insecure: false },
    ...(ca === undefined ? {} : { ca }),
    ...(proxy === undefined ? {} : { proxy }),
  }, {
    path: pathname + search,
    signal,
    ...(form === undefined ? { method: "GET", headers } : {
      method: "POST",
      headers: [...headers, ["Content-Type", "application/x-www-form-urlencoded"]],
      body: new URLSearchParams(form).toString(),
    }),
  });
  const text = await textOf(response.body, 2 ** 20);
  let fields: unknown;
  try {
    fields = JSON.parse(text);
  } catch {
    // A page of HTML: the status says enough.
  }
  return { status: response.status, fields: isFields(fields) ? fields : {} };
}

async function authority(settings: FieldReader): Promise<string | undefined> {
  const source = settings.pem("idp-certificate-authority");
  if (source === undefined || source.kind === "data") return source?.pem;
  return await Deno.readTextFile(source.path);
}

async function keep({ name, file }: UserSettings, tokens: Tokens): Promise<void> {
  if (file === undefined) return;
  const config = { "id-token": tokens.idToken, "refresh-token": tokens.refreshToken };
  await rewriteFile(file, (text) => withAuthProviderConfig(text, name, config));
}
