"""A web application that signs people in with Authlib."""

import os
import secrets
from urllib.parse import urlencode

from authlib.integrations.flask_client import OAuth
from flask import Flask, redirect, session, url_for

ISSUER = os.environ.get("ISSUER", "http://localhost:8080/t/demo")
PORT = int(os.environ.get("PORT", "4006"))

app = Flask(__name__)
app.secret_key = os.environ.get("SESSION_SECRET", "a long secret of your own, from your configuration")
plinto = OAuth(app).register(
    "plinto",
    client_id=os.environ.get("CLIENT_ID", "flask"),
    client_secret=os.environ.get("CLIENT_SECRET", "flask-secret-0123456789abcdef012"),
    server_metadata_url=f"{ISSUER}/.well-known/openid-configuration",
    client_kwargs={
        "scope": "openid profile email offline_access",
        "code_challenge_method": "S256",  # Authlib does PKCE only where it is asked to
    },
)
tokens = {}  # id in the session -> tokens, which do not fit in a cookie; use a store of your own


@app.get("/")
def home():
    if "name" not in session:
        return '<p><a href="/login">Sign in</a>'
    name = session["name"].replace("<", "")
    return f'<p>Hello {name}. <a href="/renew">Renew</a> <a href="/logout">Sign out</a>'


@app.get("/login")
def login():
    return plinto.authorize_redirect(url_for("callback", _external=True))


@app.get("/callback")
def callback():
    token = plinto.authorize_access_token()  # looks at state, nonce, signature and all
    user = plinto.userinfo(token=token)  # token["userinfo"] is the ID token, which says who signed in and no more
    session["id"] = secrets.token_urlsafe(16)
    session["name"] = user["name"]
    tokens[session["id"]] = token
    return redirect("/")


@app.get("/renew")
def renew():
    old = tokens[session["id"]]
    token = plinto.fetch_access_token(grant_type="refresh_token", refresh_token=old["refresh_token"])
    tokens[session["id"]] = {**old, **token}
    user = plinto.userinfo(token=token)
    return f"The new access token is of {user['email']}."


@app.get("/logout")
def logout():
    token = tokens.pop(session.pop("id", None), {})
    session.clear()
    metadata = plinto.load_server_metadata()
    hint = {"id_token_hint": token.get("id_token", ""), "post_logout_redirect_uri": url_for("home", _external=True)}
    return redirect(f"{metadata['end_session_endpoint']}?{urlencode(hint)}")


if __name__ == "__main__":
    app.run(host="localhost", port=PORT)
