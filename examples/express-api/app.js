// An API that takes access tokens, with express-oauth2-jwt-bearer.
import express from "express";
import bearer from "express-oauth2-jwt-bearer";

const {
  ISSUER = "http://localhost:8080/t/demo",
  AUDIENCE = "https://api.example.com", // the identifier of the resource server
  PORT = "4003",
} = process.env;

const app = express();
app.use(
  bearer.auth({
    issuerBaseURL: ISSUER,
    audience: AUDIENCE,
    tokenSigningAlg: "ES256", // of access tokens, unless the resource server says otherwise
    strict: true, // takes access tokens only (typ at+jwt, RFC 9068), and no ID token that somebody sends
  }),
);

app.get("/orders", bearer.requiredScopes("orders:read"), (request, response) => {
  response.json({ caller: request.auth.payload.sub, orders: ["tea", "biscuits"] });
});

app.listen(PORT, () => console.log(`The API is at http://localhost:${PORT}/orders`));
