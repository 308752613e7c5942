// A program on the command line that signs its user in with AppAuth for JS: the browser opens, and comes back
// to a port of this machine. AppAuth for Android and iOS have the same parts.
const {
  AuthorizationNotifier, AuthorizationRequest, AuthorizationServiceConfiguration, BaseTokenRequestHandler,
  GRANT_TYPE_AUTHORIZATION_CODE, GRANT_TYPE_REFRESH_TOKEN, TokenRequest,
} = require("@openid/appauth");
const { NodeCrypto } = require("@openid/appauth/built/node_support/crypto_utils");
const { NodeBasedHandler } = require("@openid/appauth/built/node_support/node_request_handler");
const { NodeRequestor } = require("@openid/appauth/built/node_support/node_requestor");

const issuer = process.env.ISSUER ?? "http://localhost:8080/t/demo";
const clientID = process.env.CLIENT_ID ?? "native";
const port = Number(process.env.PORT ?? 4108); // any: of 127.0.0.1 and localhost a native client may take every port
const redirect = `http://127.0.0.1:${port}/callback`;

async function main() {
  const requestor = new NodeRequestor();
  const server = await AuthorizationServiceConfiguration.fetchFromIssuer(issuer, requestor);
  const tokens = new BaseTokenRequestHandler(requestor);
  const ask = (more) => tokens.performTokenRequest(server, new TokenRequest({ client_id: clientID, redirect_uri: redirect, ...more }));

  const request = new AuthorizationRequest({
    client_id: clientID, redirect_uri: redirect, scope: "openid email offline_access", response_type: AuthorizationRequest.RESPONSE_TYPE_CODE,
  }, new NodeCrypto(), true); // true: PKCE
  const { code } = await new Promise((resolve, reject) => {
    const handler = new NodeBasedHandler(port);
    const notifier = new AuthorizationNotifier();
    notifier.setAuthorizationListener((_, response, error) => (response ? resolve(response) : reject(error)));
    handler.setAuthorizationNotifier(notifier);
    handler.performAuthorizationRequest(server, request); // opens the browser, and prints the address
  });
  const first = await ask({ grant_type: GRANT_TYPE_AUTHORIZATION_CODE, code, extras: { code_verifier: request.internal.code_verifier } });
  const second = await ask({ grant_type: GRANT_TYPE_REFRESH_TOKEN, refresh_token: first.refreshToken });
  const user = await requestor.xhr({
    url: server.userInfoEndpoint, method: "GET", dataType: "json", headers: { Authorization: `Bearer ${second.accessToken}` },
  });
  console.log("Signed in as", user.email);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
