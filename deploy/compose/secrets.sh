#!/usr/bin/env bash
# Makes the secrets of compose.yaml, once: what is there is kept, for the database and what is sealed
# in it know them. Others on this machine are kept out by the directory; the files in it may be read
# by everybody, because the users of the containers are not known here.
set -euo pipefail
cd "$(dirname "$0")"
umask 077
mkdir -p secrets
chmod 700 secrets

make_secret() { [ -s "secrets/$1" ] || printf '%s' "$2" >"secrets/$1"; chmod 444 "secrets/$1"; }

make_secret postgres_password "$(openssl rand -hex 24)"
make_secret server_password "$(openssl rand -hex 24)"
make_secret grafana_password "$(openssl rand -hex 16)"
make_secret encryption_key "$(openssl rand -base64 32)"
make_secret migrate_database_url "postgres://plinto_owner:$(cat secrets/postgres_password)@postgres:5432/plinto?sslmode=disable"
make_secret database_url "postgres://plinto:$(cat secrets/server_password)@postgres:5432/plinto?sslmode=disable"
