#!/usr/bin/env bash
# Checks what no compiler and no test does. Works in a tree with uncommitted
# changes: it compares generated files with themselves, not with git.
set -euo pipefail
cd "$(dirname "$0")/.."

generated() {
  git ls-files -co --exclude-standard -- '*.go' | xargs grep -lE '^// Code generated .* DO NOT EDIT\.$' |
    sort | xargs -r cksum
}

failed=0
before=$(generated)
go generate ./...
if ! diff <(echo "$before") <(generated); then
  echo "verify: generated code was stale; it is fresh now, commit it" >&2
  failed=1
fi
go mod tidy -diff || failed=1
go run ./scripts/budgets || failed=1
exit $failed
