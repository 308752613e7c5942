#!/usr/bin/env bash
# oauth2-proxy in front of an application.
set -euo pipefail
export OAUTH2_PROXY_OIDC_ISSUER_URL=${ISSUER:-http://localhost:8080/t/demo}
export OAUTH2_PROXY_CLIENT_ID=${CLIENT_ID:-oauth2-proxy}
export OAUTH2_PROXY_CLIENT_SECRET=${CLIENT_SECRET:-oauth2-proxy-secret-0123456789ab}
OAUTH2_PROXY_COOKIE_SECRET=$(openssl rand -base64 32 | tr -- '+/' '-_')
export OAUTH2_PROXY_COOKIE_SECRET
# Where /oauth2/sign_out?rd=… may lead: to the end_session_endpoint of the issuer.
OAUTH2_PROXY_WHITELIST_DOMAINS=$(echo "$OAUTH2_PROXY_OIDC_ISSUER_URL" | cut -d/ -f3)
export OAUTH2_PROXY_WHITELIST_DOMAINS
exec bin/oauth2-proxy --config oauth2-proxy.cfg
