/** How requests are sent. */
export interface Sending {
  fetch: typeof fetch;
  /** How often a request is sent again; 4 without. */
  retries: number;
  /** Waits a number of milliseconds. */
  wait: (milliseconds: number) => Promise<void>;
}

const firstPause = 250;
const maxPause = 30_000;

/** Returns what sends requests, again and again where that may help. */
export function sending(options: Partial<Sending>): (request: Request) => Promise<Response> {
  const send = options.fetch ?? fetch;
  const retries = options.retries ?? 4;
  const wait = options.wait ?? ((milliseconds: number) => new Promise<void>((done) => setTimeout(done, milliseconds)));
  return async (request) => {
    if (request.method === "POST" && !request.headers.has("Idempotency-Key")) {
      request.headers.set("Idempotency-Key", crypto.randomUUID());
    }
    for (let sent = 0; ; sent++) {
      const last = sent >= retries;
      let pause = backOff(sent);
      try {
        const response = await send(last ? request : request.clone());
        if (last || !(await passing(response))) return response;
        pause = Math.max(pause, retryAfter(response.headers));
        if (pause > maxPause) return response;
        await response.body?.cancel();
      } catch (failure) {
        if (last || request.signal.aborted || !repeatable(request)) throw failure;
      }
      await wait(pause);
    }
  };
}

/** Whether the same request may be served later. Refused for these reasons, nothing was changed. */
async function passing(response: Response): Promise<boolean> {
  if (response.status === 429 || response.status === 503) return true;
  if (response.status !== 409) return false;
  const problem: unknown = await response.clone().json().catch(() => null);
  return typeof problem === "object" && problem !== null && "code" in problem && problem.code === "idempotency_key_in_progress";
}

/** Whether a request that got no answer may be sent again: it changes nothing, does the same once more, or has a name. */
function repeatable(request: Request): boolean {
  return request.method !== "PATCH" || request.headers.has("If-Match");
}

/** How long to wait by an answer, in milliseconds (RFC 9110 §10.2.3). */
function retryAfter(headers: Headers): number {
  const value = headers.get("Retry-After") ?? "";
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  const at = Date.parse(value);
  return Number.isNaN(at) ? 0 : Math.max(0, at - Date.now());
}

/** Twice as long each time, and by chance up to half of it less: many who were refused at once do not come back at once. */
function backOff(tries: number): number {
  const pause = Math.min(firstPause * 2 ** tries, maxPause);
  return pause - Math.random() * (pause / 2);
}
