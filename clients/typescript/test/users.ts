// Creates, lists, changes and deletes users of a real server, and prints what it saw as JSON.
import { clientCredentials, createClient, each, ProblemError } from "../src/index.js";

declare const process: { env: Record<string, string> };
const issuer = process.env["ISSUER"]!;

function must<T>(result: { data?: T; error?: unknown; response: Response }): T {
  if (result.data === undefined) throw new Error(`${result.response.status} ${JSON.stringify(result.error)}`);
  return result.data;
}

const waits: number[] = [];
const sent: { key: string | null; method: string }[] = [];
let refusals = 2;
const api = createClient({
  issuer,
  token: clientCredentials({ issuer, clientId: process.env["CLIENT_ID"]!, clientSecret: process.env["CLIENT_SECRET"]!, scope: "users:read users:write" }),
  fetch: (input, init) => {
    const request = new Request(input, init);
    sent.push({ key: request.headers.get("Idempotency-Key"), method: request.method });
    if (refusals-- > 0) return Promise.resolve(new Response(null, { status: refusals === 1 ? 429 : 503, headers: { "Retry-After": "7" } }));
    return fetch(request);
  },
  wait: (milliseconds) => (waits.push(milliseconds), Promise.resolve()),
});

const created = await api.POST("/users", { body: { email: "ann@example.com", private_metadata: { plan: "pro" } } });
const user = must(created);
for (const name of ["b", "c", "d", "e"]) must(await api.POST("/users", { body: { username: name } }));

const found: string[] = [];
for await (const one of each((after) => api.GET("/users", { params: { query: { limit: 2, order: "asc", after } } }))) {
  found.push(one.email ?? one.username ?? "");
}
let forged = "";
try {
  for await (const _ of each(() => api.GET("/users", { params: { query: { after: "forged" } } })));
} catch (failure) {
  if (!(failure instanceof ProblemError)) throw failure;
  forged = failure.problem.code;
}

const etag = created.response.headers.get("ETag")!;
const params = { path: { user_id: user.id }, header: { "If-Match": etag } };
const changed = must(await api.PATCH("/users/{user_id}", { params, body: { profile: { name: "Ann" } } }));
const stale = await api.PATCH("/users/{user_id}", { params, body: { email: null } });

console.log(JSON.stringify({
  id: user.id, found, forged, name: changed.profile?.name, stale: stale.error?.code,
  keys: sent.slice(0, 3).map((s) => s.key), waits: waits.map((w) => w >= 7000),
}));
