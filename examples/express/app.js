// A web application that signs people in with express-openid-connect, which keeps the session in a sealed cookie.
import express from "express";
import oidc from "express-openid-connect";

const {
  ISSUER = "http://localhost:8080/t/demo",
  CLIENT_ID = "express",
  CLIENT_SECRET = "express-secret-0123456789abcdef01",
  PORT = "4002",
  SESSION_SECRET = "a long secret of your own, from your configuration",
} = process.env;

const app = express();
app.use(
  oidc.auth({
    issuerBaseURL: ISSUER,
    baseURL: `http://localhost:${PORT}`,
    clientID: CLIENT_ID,
    clientSecret: CLIENT_SECRET,
    secret: SESSION_SECRET,
    authRequired: false,
    idpLogout: true, // /logout ends the session at Plinto, too
    authorizationParams: { response_type: "code", scope: "openid profile email offline_access" },
  }),
);

app.get("/", (request, response) => {
  const user = request.oidc.user;
  response.send(
    user
      ? `<p>Hello ${user.name.replace(/[<&]/g, "")}. <a href="/renew">Renew</a> <a href="/logout">Sign out</a>`
      : `<p><a href="/login">Sign in</a>`,
  );
});

app.get("/renew", oidc.requiresAuth(), async (request, response) => {
  await request.oidc.accessToken.refresh();
  const user = await request.oidc.fetchUserInfo();
  response.send(`The new access token is of ${user.email}.`);
});

app.listen(PORT, () => console.log(`Open http://localhost:${PORT}/`));
