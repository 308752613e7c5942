"""An API that takes access tokens, with PyJWT."""

import json
import os
import urllib.request

import jwt
import uvicorn
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

ISSUER = os.environ.get("ISSUER", "http://localhost:8080/t/demo")
AUDIENCE = os.environ.get("AUDIENCE", "https://api.example.com")  # the identifier of the resource server
PORT = int(os.environ.get("PORT", "4008"))

with urllib.request.urlopen(f"{ISSUER}/.well-known/openid-configuration") as answer:
    metadata = json.load(answer)
keys = jwt.PyJWKClient(metadata["jwks_uri"])  # fetches them again when a token has a new kid

app = FastAPI()
bearer = HTTPBearer(auto_error=False)


def refuse(status: int, error: str) -> HTTPException:
    return HTTPException(status, error, {"WWW-Authenticate": f'Bearer error="{error}"' if error else "Bearer"})


def caller(credentials: HTTPAuthorizationCredentials | None = Depends(bearer)) -> dict:
    """The claims of the access token (RFC 9068 §4)."""
    if credentials is None:
        raise refuse(401, "")
    token = credentials.credentials
    try:
        if jwt.get_unverified_header(token).get("typ") != "at+jwt":
            raise jwt.InvalidTokenError("no access token")  # an ID token is none
        return jwt.decode(
            token,
            keys.get_signing_key_from_jwt(token).key,
            algorithms=["ES256"],  # of access tokens, unless the resource server says otherwise
            issuer=ISSUER,
            audience=AUDIENCE,
            options={"require": ["exp", "iat", "sub", "client_id"]},
        )
    except jwt.PyJWTError as error:
        raise refuse(401, "invalid_token") from error


@app.get("/orders")
def orders(claims: dict = Depends(caller)) -> dict:
    if "orders:read" not in claims.get("scope", "").split():
        raise refuse(403, "insufficient_scope")
    return {"caller": claims["sub"], "orders": ["tea", "biscuits"]}


if __name__ == "__main__":
    uvicorn.run(app, host="localhost", port=PORT)
