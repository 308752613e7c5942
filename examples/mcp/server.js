// A server of the Model Context Protocol that takes Plinto's access tokens.
import { getOAuthProtectedResourceMetadataUrl, mcpAuthMetadataRouter } from "@modelcontextprotocol/sdk/server/auth/router.js";
import { InvalidTokenError } from "@modelcontextprotocol/sdk/server/auth/errors.js";
import { requireBearerAuth } from "@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import express from "express";
import { createRemoteJWKSet, jwtVerify } from "jose";

const { ISSUER = "http://localhost:8080/t/demo", MCP_PORT = "4010" } = process.env;
// The identifier of the resource server in Plinto, byte for byte: clients ask for tokens for it (RFC 8707).
const resource = new URL(`http://localhost:${MCP_PORT}/mcp`);

const answer = await fetch(`${ISSUER}/.well-known/openid-configuration`);
const metadata = await answer.json();
const keys = createRemoteJWKSet(new URL(metadata.jwks_uri));

async function verifyAccessToken(token) {
  const options = { issuer: ISSUER, audience: resource.href, typ: "at+jwt", algorithms: ["ES256"] };
  const { payload } = await jwtVerify(token, keys, options).catch((error) => {
    throw new InvalidTokenError(error.message);
  });
  return {
    token,
    clientId: payload.client_id,
    scopes: payload.scope.split(" "),
    expiresAt: payload.exp,
    resource,
    extra: { subject: payload.sub },
  };
}

function notes() {
  const server = new McpServer({ name: "notes", version: "1.0.0" });
  server.registerTool("list_notes", { description: "Lists your notes" }, ({ authInfo }) => ({
    content: [{ type: "text", text: `Notes of ${authInfo.extra.subject}: buy tea` }],
  }));
  return server;
}

const app = express();
app.use(express.json());
// Says at /.well-known/oauth-protected-resource/mcp which authorization server there is (RFC 9728).
app.use(mcpAuthMetadataRouter({ oauthMetadata: metadata, resourceServerUrl: resource, scopesSupported: ["notes:read"] }));
const guard = requireBearerAuth({
  verifier: { verifyAccessToken },
  requiredScopes: ["notes:read"],
  resourceMetadataUrl: getOAuthProtectedResourceMetadataUrl(resource),
});
app.post("/mcp", guard, async (request, response) => {
  const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined });
  response.on("close", () => transport.close());
  await notes().connect(transport);
  await transport.handleRequest(request, response, request.body);
});
app.listen(Number(MCP_PORT), () => console.log(`The MCP server is at ${resource}`));
