#!/usr/bin/env bash
# A token for a program itself, with curl: by a secret, then by a key (private_key_jwt, RFC 7523).
set -euo pipefail
issuer=${ISSUER:-http://localhost:8080/t/demo}
id=${CLIENT_ID:-service} secret=${CLIENT_SECRET:-service-secret-0123456789abcdef0}

token() { curl -sS --fail-with-body -d grant_type=client_credentials -d scope=orders:read "$@" "$issuer/oauth2/token"; }

# 1. A secret. In a header, not in the command line of a program that others can list: -K reads it from a file.
echo "by secret: $(token -K <(echo "user = \"$id:$secret\""))"

# 2. A key: each request brings an assertion of its own, good for a minute and once.
key_id=${KEY_CLIENT_ID:-service-key} now=$(date +%s)
base64url() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }
head=$(printf '{"alg":"RS256","typ":"JWT","kid":"one"}' | base64url)
body=$(printf '{"iss":"%s","sub":"%s","aud":"%s","iat":%d,"exp":%d,"jti":"%s"}' \
  "$key_id" "$key_id" "$issuer" "$now" $((now + 60)) "$(openssl rand -hex 16)" | base64url)
signature=$(printf %s "$head.$body" | openssl dgst -sha256 -sign "$(dirname "$0")/key.pem" -binary | base64url)
echo "by key: $(token -d "client_assertion=$head.$body.$signature" \
  -d client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer)"
