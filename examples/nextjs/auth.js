// Sign-in with Auth.js: the provider, and the tokens that are kept in its sealed cookie.
import NextAuth from "next-auth";

const {
  ISSUER = "http://localhost:8080/t/demo",
  CLIENT_ID = "nextjs",
  CLIENT_SECRET = "nextjs-secret-0123456789abcdef01",
  AUTH_SECRET = "a long secret of your own, from your configuration",
} = process.env;

export const { handlers, auth, signIn, signOut } = NextAuth({
  secret: AUTH_SECRET,
  trustHost: true, // behind a proxy that sets the Host header itself
  providers: [
    {
      id: "plinto", // the redirect URI is <origin>/api/auth/callback/plinto
      name: "Plinto",
      type: "oidc",
      issuer: ISSUER,
      clientId: CLIENT_ID,
      clientSecret: CLIENT_SECRET,
      authorization: { params: { scope: "openid profile email offline_access" } },
      checks: ["pkce", "state", "nonce"],
      idToken: false, // name and address are had from userinfo: the ID token says who signed in and no more
    },
  ],
  callbacks: {
    // account is there at the sign-in only.
    jwt: ({ token, account }) => (account ? { ...token, ...kept(account), idToken: account.id_token } : renewed(token)),
    session: ({ session, token }) => ({ ...session, renewedAt: token.renewedAt, idToken: token.idToken }),
  },
});

function kept({ access_token, expires_in, expires_at, refresh_token }) {
  return {
    accessToken: access_token,
    expiresAt: expires_at ?? Math.floor(Date.now() / 1000) + expires_in,
    refreshToken: refresh_token,
  };
}

// renewed gets another access token a minute before the old one expires: Auth.js does not do that by itself.
async function renewed(token) {
  if (Date.now() / 1000 < token.expiresAt - 60) return token;
  const answer = await fetch(`${ISSUER}/oauth2/token`, {
    method: "POST",
    headers: { Authorization: "Basic " + btoa(`${CLIENT_ID}:${CLIENT_SECRET}`) },
    body: new URLSearchParams({ grant_type: "refresh_token", refresh_token: token.refreshToken }),
  });
  if (!answer.ok) return null; // the session is over
  return { ...token, ...kept(await answer.json()) };
}

// endSession is where the browser goes to sign out at Plinto, too.
export function endSession(idToken, home) {
  return `${ISSUER}/oauth2/logout?` + new URLSearchParams({ id_token_hint: idToken, post_logout_redirect_uri: home });
}
