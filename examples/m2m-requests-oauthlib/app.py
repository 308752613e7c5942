"""A program that gets a token for itself with requests-oauthlib, by a secret."""
import os

from oauthlib.oauth2 import BackendApplicationClient
from requests.auth import HTTPBasicAuth
from requests_oauthlib import OAuth2Session

issuer = os.environ.get("ISSUER", "http://localhost:8080/t/demo")
client_id = os.environ.get("CLIENT_ID", "service")
secret = os.environ.get("CLIENT_SECRET", "service-secret-0123456789abcdef0")
if issuer.startswith("http://localhost:"):
    os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"  # oauthlib insists on https

session = OAuth2Session(client=BackendApplicationClient(client_id, scope="orders:read"))
token = session.fetch_token(issuer + "/oauth2/token", auth=HTTPBasicAuth(client_id, secret))
# session.get("https://api.example.com/orders") now brings the token.
print("by secret:", token["token_type"], *token["scope"], token["expires_in"], "seconds")
