// A web application that signs people in with openid-client, on node:http alone.
import { randomUUID } from "node:crypto";
import http from "node:http";
import * as client from "openid-client";

const {
  ISSUER = "http://localhost:8080/t/demo",
  CLIENT_ID = "node",
  CLIENT_SECRET = "node-secret-0123456789abcdef0123",
  PORT = "4001",
} = process.env;
const home = `http://localhost:${PORT}/`;
const issuer = new URL(ISSUER);
const config = await client.discovery(issuer, CLIENT_ID, CLIENT_SECRET, undefined, {
  // openid-client refuses http unless it is told that this is development.
  execute: issuer.protocol === "http:" ? [client.allowInsecureRequests] : [],
});

const sessions = new Map(); // id in the cookie -> what is known of that browser; use a store of your own

function sessionOf(request, response) {
  const id = /(?:^|; )node_session=([^;]+)/.exec(request.headers.cookie ?? "")?.[1];
  if (sessions.has(id)) return sessions.get(id);
  const fresh = { id: randomUUID() };
  sessions.set(fresh.id, fresh);
  response.setHeader("Set-Cookie", `node_session=${fresh.id}; HttpOnly; SameSite=Lax; Path=/`);
  return fresh;
}

function redirect(response, to) {
  response.writeHead(303, { Location: String(to) }).end();
}

const routes = {
  "/": async (session, request, response) => {
    const name = session.user?.name.replace(/[<&]/g, "");
    response.setHeader("Content-Type", "text/html; charset=utf-8");
    response.end(
      name
        ? `<p>Hello ${name}. <a href="/renew">Renew</a> <a href="/logout">Sign out</a>`
        : `<p><a href="/login">Sign in</a>`,
    );
  },
  "/login": async (session, request, response) => {
    session.verifier = client.randomPKCECodeVerifier();
    session.state = client.randomState();
    session.nonce = client.randomNonce();
    const to = client.buildAuthorizationUrl(config, {
      redirect_uri: home + "callback",
      scope: "openid profile email offline_access",
      code_challenge: await client.calculatePKCECodeChallenge(session.verifier),
      code_challenge_method: "S256",
      state: session.state,
      nonce: session.nonce,
    });
    redirect(response, to);
  },
  "/callback": async (session, request, response) => {
    const { verifier, state, nonce } = session;
    session.tokens = await client.authorizationCodeGrant(config, new URL(request.url, home), {
      pkceCodeVerifier: verifier,
      expectedState: state,
      expectedNonce: nonce,
    });
    const { sub } = session.tokens.claims(); // who signed in; name and address are had from userinfo
    session.user = await client.fetchUserInfo(config, session.tokens.access_token, sub);
    redirect(response, home);
  },
  "/renew": async (session, request, response) => {
    const renewed = await client.refreshTokenGrant(config, session.tokens.refresh_token);
    session.tokens = { ...session.tokens, ...renewed };
    const user = await client.fetchUserInfo(config, renewed.access_token, session.user.sub);
    response.end(`The new access token is of ${user.email}.`);
  },
  "/logout": async (session, request, response) => {
    sessions.delete(session.id);
    const hint = { id_token_hint: session.tokens?.id_token ?? "", post_logout_redirect_uri: home };
    redirect(response, client.buildEndSessionUrl(config, hint));
  },
};

http
  .createServer((request, response) => {
    const route = routes[new URL(request.url, home).pathname];
    if (!route) return response.writeHead(404).end();
    route(sessionOf(request, response), request, response).catch((error) => {
      console.error(error);
      response.writeHead(502).end("That did not work.");
    });
  })
  .listen(PORT, () => console.log(`Open ${home}`));
