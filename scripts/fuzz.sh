#!/usr/bin/env bash
# Runs each fuzz target for the given time: go test takes one at a time.
set -euo pipefail
cd "$(dirname "$0")/.."
grep -rEo --include='*_test.go' '^func Fuzz[A-Za-z0-9_]+' . | sed -E 's/:func / /' |
  while read -r file target; do
    echo "$target in $(dirname "$file")"
    go test -run '^$' -fuzz "^$target\$" -fuzztime "${1:-20s}" "$(dirname "$file")" </dev/null
  done
