"""A program that gets a token for itself with Authlib, by a key (private_key_jwt, RFC 7523)."""
import os
import pathlib

from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT

issuer = os.environ.get("ISSUER", "http://localhost:8080/t/demo")
token_endpoint = issuer + "/oauth2/token"

session = OAuth2Session(
    os.environ.get("CLIENT_ID", "service-key"),
    pathlib.Path("key.pem").read_text(),
    token_endpoint_auth_method=PrivateKeyJWT(token_endpoint, claims={"aud": issuer}, headers={"kid": "one"}),
    scope="orders:read",
)
token = session.fetch_token(token_endpoint, grant_type="client_credentials")
# session.get("https://api.example.com/orders") now brings the token.
print("by key:", token["token_type"], token["scope"], token["expires_in"], "seconds")
