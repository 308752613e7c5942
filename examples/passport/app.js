// A web application that signs people in with Passport, for those who have it already.
import express from "express";
import session from "express-session";
import passport from "passport";
import { Strategy } from "passport-openidconnect";

const {
  ISSUER = "http://localhost:8080/t/demo",
  CLIENT_ID = "passport",
  CLIENT_SECRET = "passport-secret-0123456789abcdef0",
  PORT = "4011",
  SESSION_SECRET = "a long secret of your own, from your configuration",
} = process.env;
const home = `http://localhost:${PORT}/`;

passport.use(
  "plinto",
  new Strategy(
    {
      issuer: ISSUER,
      // The library reads no discovery document.
      authorizationURL: `${ISSUER}/oauth2/authorize`,
      tokenURL: `${ISSUER}/oauth2/token`,
      userInfoURL: `${ISSUER}/oauth2/userinfo`,
      clientID: CLIENT_ID,
      clientSecret: CLIENT_SECRET,
      callbackURL: `${home}callback`,
      scope: ["profile", "email"],
      skipUserProfile: false, // name and address are had from userinfo; the library does not ask there by itself
    },
    (issuer, profile, context, idToken, done) => done(null, { id: profile.id, name: profile.displayName, idToken }),
  ),
);
// The whole user is kept in the session.
passport.serializeUser((user, done) => done(null, user));
passport.deserializeUser((user, done) => done(null, user));

const app = express();
app.use(session({ secret: SESSION_SECRET, name: "passport_session", resave: false, saveUninitialized: false }));
app.use(passport.session());

app.get("/", (request, response) => {
  const name = request.user?.name.replace(/[<&]/g, "");
  response.send(name ? `<p>Hello ${name}. <a href="/logout">Sign out</a>` : `<p><a href="/login">Sign in</a>`);
});
app.get("/login", passport.authenticate("plinto"));
app.get("/callback", passport.authenticate("plinto", { failWithError: true, successRedirect: "/" }));
app.get("/logout", (request, response, next) => {
  const hint = { id_token_hint: request.user?.idToken ?? "", post_logout_redirect_uri: home };
  request.logout((error) => (error ? next(error) : response.redirect(`${ISSUER}/oauth2/logout?` + new URLSearchParams(hint))));
});
app.listen(PORT, () => console.log(`Open ${home}`));
