// A single-page app that signs people in with react-oidc-context, which is oidc-client-ts for React.
import { useState } from "react";
import { createRoot } from "react-dom/client";
import { AuthProvider, useAuth } from "react-oidc-context";

const home = location.origin + "/";
const settings = {
  authority: ISSUER, // build.js puts these in
  client_id: CLIENT_ID,
  redirect_uri: home,
  post_logout_redirect_uri: home,
  scope: "openid profile email offline_access", // offline_access: renew by refresh token, without a hidden frame
  loadUserInfo: true,
  // Takes code and state out of the address once they are used.
  onSigninCallback: () => history.replaceState({}, "", home),
};

function App() {
  const auth = useAuth();
  const [said, say] = useState("");
  const renew = async () => {
    const user = await auth.signinSilent();
    say(`The new access token is of ${user.profile.email}.`);
  };
  if (auth.isLoading) return <p>One moment …</p>;
  if (auth.error) return <p>That did not work: {auth.error.message}</p>;
  if (!auth.isAuthenticated) {
    return (
      <button id="login" onClick={() => auth.signinRedirect()}>
        Sign in
      </button>
    );
  }
  return (
    <>
      <p>Hello {auth.user.profile.name}.</p>
      <button id="renew" onClick={renew}>
        Renew
      </button>
      <button id="logout" onClick={() => auth.signoutRedirect()}>
        Sign out
      </button>
      <p>{said}</p>
    </>
  );
}

createRoot(document.getElementById("app")).render(
  <AuthProvider {...settings}>
    <App />
  </AuthProvider>,
);
