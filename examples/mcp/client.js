// A client of the Model Context Protocol on the command line. It knows the address of the MCP server only: it
// finds Plinto by the server's metadata, registers itself there, and signs the user in with the browser.
import http from "node:http";
import { UnauthorizedError } from "@modelcontextprotocol/sdk/client/auth.js";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

const { MCP_SERVER = "http://localhost:4010/mcp", PORT = "4009", CLIENT_ID } = process.env;
const redirectUrl = `http://127.0.0.1:${PORT}/callback`;

// What the SDK asks for and has kept. Keep registration and tokens in a file if they are to outlive the program.
const kept = { client: CLIENT_ID ? { client_id: CLIENT_ID } : undefined };
const authProvider = {
  redirectUrl,
  clientMetadata: {
    client_name: "MCP example",
    redirect_uris: [redirectUrl],
    grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"],
    token_endpoint_auth_method: "none",
  },
  state: () => (kept.state ??= crypto.randomUUID()),
  clientInformation: () => kept.client,
  saveClientInformation: (client) => (kept.client = client),
  tokens: () => kept.tokens,
  saveTokens: (tokens) => (kept.tokens = tokens),
  codeVerifier: () => kept.verifier,
  saveCodeVerifier: (verifier) => (kept.verifier = verifier),
  redirectToAuthorization: (url) => {
    kept.arrival = callback();
    console.log(`Open this in your browser:\n${url}`);
  },
};

// callback waits for the browser to come back.
function callback() {
  return new Promise((resolve, reject) => {
    const server = http.createServer((request, response) => {
      const answer = new URL(request.url, redirectUrl).searchParams;
      if (answer.get("state") !== kept.state) return response.writeHead(400).end("That is not ours.");
      response.end("Done. Go back to the terminal.");
      server.close();
      answer.has("code") ? resolve(answer.get("code")) : reject(new Error(answer.get("error")));
    });
    server.listen(Number(PORT), "127.0.0.1");
  });
}

const transport = () => new StreamableHTTPClientTransport(new URL(MCP_SERVER), { authProvider });
let client = new Client({ name: "example", version: "1.0.0" });
const first = transport();
try {
  await client.connect(first);
} catch (error) {
  if (!(error instanceof UnauthorizedError)) throw error;
  await first.finishAuth(await kept.arrival);
  client = new Client({ name: "example", version: "1.0.0" });
  await client.connect(transport());
}
const { content } = await client.callTool({ name: "list_notes" });
console.log(content[0].text);
await client.close();
