// A Rynek shop's API, with the types of its OpenAPI document: `npm run generate` writes them to rynek.d.ts.
import createClient, { type Client, type Middleware } from "openapi-fetch";
import type { components, paths } from "./rynek.js";

/** Why a request was refused (RFC 9457); `type` says which refusal it is. */
export type Problem = components["schemas"]["Problem"];

/** How often a request is sent at most: again when the connection breaks, or the shop has no room for it (503). */
const ATTEMPTS = 5;

export interface Caller {
  /** Where the shop is: http://127.0.0.1:8000 */
  url: string;
  /** Who asks: a session or a program's token. A guest gets one with the first cart, and the client keeps it. */
  token?: string;
}

/**
 * Open a shop. Calls are typed by path: `shop.GET("/browse/{channel}/listing", …)`.
 *
 * Every write carries an Idempotency-Key made once per call, so that it happens once however often it is sent.
 */
export function open(caller: Caller): Client<paths> {
  let token = caller.token;
  const session: Middleware = {
    onRequest({ request }) {
      if (token) request.headers.set("authorization", `Bearer ${token}`);
      if (request.method !== "GET") request.headers.set("idempotency-key", crypto.randomUUID());
      return request;
    },
    onResponse({ response }) {
      token = response.headers.get("rynek-session") ?? token;
    },
  };
  const shop = createClient<paths>({ baseUrl: caller.url, fetch: insist });
  shop.use(session);
  return shop;
}

async function insist(request: Request): Promise<Response> {
  for (let left = ATTEMPTS - 1; ; left -= 1) {
    try {
      const answer = await fetch(request.clone());
      if (answer.status !== 503 || left === 0) return answer;
    } catch (broken) {
      if (left === 0) throw broken;
    }
    await new Promise((wake) => setTimeout(wake, 100 * 2 ** (ATTEMPTS - left)));
  }
}
