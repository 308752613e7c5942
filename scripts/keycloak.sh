#!/usr/bin/env bash
# Prints the directory of a Keycloak for make test-peers, and fetches it by Maven once. It is kept outside the repository, built for what
# the tests start it with: that takes longest, and is done once here.
set -euo pipefail
version=26.7.3
cache=${XDG_CACHE_HOME:-$HOME/.cache}/plinto
home=$cache/keycloak-$version-tests
if [ ! -x "$home/bin/kc.sh" ]; then
  mkdir -p "$cache"
  work=$(mktemp -d "$cache/fetch.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  mvn -q -B org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy \
    "-Dartifact=org.keycloak:keycloak-quarkus-dist:$version:zip" "-DoutputDirectory=$work" >&2
  unzip -q "$work/keycloak-quarkus-dist-$version.zip" -d "$work"
  "$work/keycloak-$version/bin/kc.sh" build --db=dev-mem >&2
  mv "$work/keycloak-$version" "$home"
fi
echo "$home"
