#!/usr/bin/env bash
# Installs what this machine lacks: `setup.sh dev` for `make dev` (Go and, if it
# can be had, Postgres), `setup.sh test` for the tests, `setup.sh browsers` for those
# in Firefox and WebKitGTK besides, `setup.sh screenshots` for fonts of every language,
# `setup.sh peers` for those with other servers, `setup.sh alerts` for promtool,
# `setup.sh edge` for proxies in front, `setup.sh clients` for the examples.
# Starts no service and touches nothing when nothing is missing.
set -euo pipefail
cd "$(dirname "$0")/.."

has_any() { for name in "$@"; do command -v "$name" >/dev/null && return; done; return 1; }

# The same places as internal/embedded/binaries, which explains them.
has_postgres() {
  local dir major
  for dir in /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /opt/homebrew/opt/postgresql*/bin \
    /usr/local/opt/postgresql*/bin /home/linuxbrew/.linuxbrew/opt/postgresql*/bin \
    /Applications/Postgres.app/Contents/Versions/*/bin \
    "$(pg_config --bindir 2>/dev/null)" "$(dirname "$(command -v postgres || echo /none/postgres)")"; do
    [ -x "$dir/postgres" ] && [ -x "$dir/initdb" ] || continue
    major=$("$dir/postgres" --version | sed -E 's/.*\(PostgreSQL\) ([0-9]+).*/\1/')
    [ "$major" -ge 15 ] && return
  done
  return 1
}

# Whether some font has the letters of a language. DejaVu has Arabic ones, too plain to judge by.
has_font() { fc-list ":lang=$1" family 2>/dev/null | grep -qv DejaVu; }

missing=()  # Debian's names of the missing packages
look() {
  missing=()
  has_postgres || missing+=(postgresql)
  [ "$1" != dev ] || return 0
  has_any chromium chromium-browser google-chrome google-chrome-stable || missing+=(chromium)
  has_any node || missing+=(nodejs)
  has_any npm || missing+=(npm)
  if [ "$1" = clients ]; then
    has_any python3 && python3 -c 'import ensurepip, venv' 2>/dev/null || missing+=(python3-venv)
    has_any mvn || missing+=(maven)
    has_any kubectl || missing+=(kubernetes-client)
    has_any curl || missing+=(curl)
    return 0
  fi
  has_any redis-server || missing+=(redis-server)
  has_any pgbouncer /usr/sbin/pgbouncer || missing+=(pgbouncer)
  has_any curl || missing+=(curl)
  has_any jq || missing+=(jq)
  has_any nginx /usr/sbin/nginx || missing+=(nginx-light)
  if [ "$1" = screenshots ]; then
    has_font ar || missing+=(fonts-noto-core)
    has_font ja || missing+=(fonts-noto-cjk)
  fi
  if [ "$1" = peers ]; then
    has_any java || missing+=(openjdk-17-jre-headless)
    has_any mvn || missing+=(maven)
    has_any unzip || missing+=(unzip)
  fi
  if [ "$1" = alerts ]; then
    has_any promtool || missing+=(prometheus)
  fi
  if [ "$1" = edge ]; then
    has_any haproxy /usr/sbin/haproxy || missing+=(haproxy)
    has_any caddy || missing+=(caddy)
  fi
  [ "$1" = browsers ] || return 0
  has_any firefox-esr firefox || missing+=(firefox-esr)
  has_any WebKitWebDriver || missing+=(webkit2gtk-driver)
  has_any Xvfb || missing+=(xvfb)
}

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }

# Debian starts what it installs, on the standard ports. A policy forbids that
# for as long as we install, unless the administrator already has one.
policy=/usr/sbin/policy-rc.d
install() {
  if [ ! -e "$policy" ]; then
    trap 'as_root rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
    as_root chmod 755 "$policy"
  fi
  echo "setup: installing ${missing[*]} with apt-get, and starting none of it"
  {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q &&
      as_root env DEBIAN_FRONTEND=noninteractive apt-get install -yq --no-install-recommends "${missing[@]}"
  } </dev/null >"$log" 2>&1 || { tail -n 20 "$log" >&2; return 1; }
}

node_modules() {
  local lock dir
  git ls-files -- '*package-lock.json' | while read -r lock; do
    dir=$(dirname "$lock")
    [ "$dir/node_modules/.package-lock.json" -nt "$lock" ] ||
      (cd "$dir" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null </dev/null)
  done
}

# Tests that need Python's packages say why they are skipped where they cannot be installed.
python_packages() {
  local list dir
  has_any python3 || return 0
  git ls-files -- '*requirements.txt' ':!examples' | while read -r list; do
    dir=$(dirname "$list")/.venv
    [ "$dir/installed" -nt "$list" ] ||
      { python3 -m venv "$dir" && "$dir/bin/pip" install -q --disable-pip-version-check -r "$list" && touch "$dir/installed"; } >/dev/null 2>&1 ||
      echo "setup: Python's packages of $list cannot be installed; their test is skipped"
  done
}

has_any go || {
  echo "setup: Go is missing: install version $(sed -n 's/^go //p' go.mod) or newer from https://go.dev/dl/" >&2
  exit 1
}
what=${1:-test}
look "$what"
if [ ${#missing[@]} -gt 0 ] && has_any apt-get && { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }; then
  log=$(mktemp)
  install || true # what is still missing is told below
  rm -f "$log"
  look "$what"
fi
if [ ${#missing[@]} -gt 0 ] && [ "$what" = dev ]; then
  echo "setup: no PostgreSQL 15 or newer found; plinto dev will download one"
elif [ ${#missing[@]} -gt 0 ]; then
  echo "setup: missing: ${missing[*]} (Debian's names; PostgreSQL 15 or newer, Redis 7 or newer)." >&2
  echo "       Debian, Ubuntu: sudo apt-get install ${missing[*]}" >&2
  echo "       macOS: brew install the same from postgresql redis pgbouncer chromium node nginx" >&2
  exit 1
fi
[ "$what" = dev ] || [ "$what" = clients ] || { node_modules; python_packages; }
