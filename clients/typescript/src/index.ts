import createFetchClient from "openapi-fetch";
import type { Calls } from "./calls.js";
import type { components, paths } from "./schema.js";
import { sending, type Sending } from "./send.js";

export type { components, operations, paths } from "./schema.js";
export type { Calls } from "./calls.js";
export type Schemas = components["schemas"];
export type Problem = Schemas["Problem"];

/** A token, or a function that returns one that is good now. */
export type Token = string | (() => string | Promise<string>);

export interface Options extends Partial<Sending> {
  /** The issuer: `https://auth.example.com`. The API is at `/admin/v1` below it. */
  issuer: string;
  token: Token;
  /** The slug or id of a tenant to act in: for callers of the system tenant. */
  tenant?: string;
}

/** The address of the management API of an issuer, which is the audience of its tokens too. */
export function base(issuer: string): string {
  return issuer.replace(/\/$/, "") + "/admin/v1";
}

/**
 * Returns a client of the management API: `api.GET("/users")` resolves to `{data}` or to `{error}` with
 * the problem document.
 *
 * A POST without an Idempotency-Key gets one. What was refused as too much or for now (429, 503), what is
 * still being done (409 idempotency_key_in_progress), and what got no answer and may be done twice, is sent
 * again: after Retry-After where the answer has it.
 */
export function createClient(options: Options): Calls {
  const client = createFetchClient<paths>({ baseUrl: base(options.issuer), redirect: "error", fetch: sending(options) });
  client.use({
    async onRequest({ request }) {
      const token = typeof options.token === "string" ? options.token : await options.token();
      request.headers.set("Authorization", "Bearer " + token);
      if (options.tenant !== undefined) request.headers.set("Plinto-Tenant", options.tenant);
      return request;
    },
  });
  return client as unknown as Calls;
}

/** Thrown where a function returns no `{error}`: what the API refused. */
export class ProblemError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(`${problem.status} ${problem.code}` + (problem.detail ? `: ${problem.detail}` : ""));
    this.name = "ProblemError";
    this.problem = problem;
  }
}

interface Page<T> {
  data?: { data: T[]; has_more: boolean; next_cursor?: string };
  error?: Problem;
}

/**
 * Goes through a whole list, page by page. Throws a ProblemError.
 *
 *     for await (const user of each((after) => api.GET("/users", { params: { query: { after } } }))) …
 */
export async function* each<T>(list: (after: string | undefined) => Promise<Page<T>>): AsyncGenerator<T, void, undefined> {
  for (let after: string | undefined; ; ) {
    const { data: page, error } = await list(after);
    if (error !== undefined || page === undefined) {
      throw new ProblemError(error ?? { type: "about:blank", title: "No list", status: 0, code: "", request_id: "" });
    }
    yield* page.data;
    if (!page.has_more || page.next_cursor === undefined || page.next_cursor === after) return;
    after = page.next_cursor;
  }
}

/**
 * Returns a function that gets tokens of a client by its secret (RFC 6749 §4.4, RFC 8707), for
 * `Options.token`. Each is kept until shortly before it ends. For servers: a page has no secret.
 */
export function clientCredentials(options: { issuer: string; clientId: string; clientSecret: string; scope: string; fetch?: typeof fetch }): () => Promise<string> {
  let kept: Promise<{ token: string; until: number }> | undefined;
  const get = async () => {
    const encode = (text: string) => encodeURIComponent(text).replace(/[!'()*~]/g, (c) => "%" + c.charCodeAt(0).toString(16).toUpperCase());
    const response = await (options.fetch ?? fetch)(options.issuer.replace(/\/$/, "") + "/oauth2/token", {
      method: "POST",
      redirect: "error",
      headers: { Authorization: "Basic " + btoa(encode(options.clientId) + ":" + encode(options.clientSecret)) },
      body: new URLSearchParams({ grant_type: "client_credentials", scope: options.scope, resource: base(options.issuer) }),
    });
    const answer = (await response.json()) as { access_token?: string; expires_in?: number; error?: string; error_description?: string };
    if (answer.access_token === undefined) {
      throw new Error(`no token: ${answer.error ?? response.status} ${answer.error_description ?? ""}`.trim());
    }
    const seconds = answer.expires_in ?? 60;
    return { token: answer.access_token, until: Date.now() + Math.max(seconds - 10, seconds / 2) * 1000 };
  };
  return async () => {
    const old = await kept?.catch(() => undefined);
    if (old !== undefined && old.until > Date.now()) return old.token;
    kept = get();
    return (await kept).token;
  };
}
