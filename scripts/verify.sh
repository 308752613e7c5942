#!/usr/bin/env bash
# Checks what no compiler and no test does. Works in a tree with uncommitted
# changes: it compares generated files with themselves, not with git.
set -euo pipefail
cd "$(dirname "$0")/.."

generated() {
  local header='^// Code generated .* DO NOT EDIT\.$'
  git ls-files -co --exclude-standard -- '*.go' | { xargs grep -lsE "$header" || true; } | sort | xargs -r cksum
}

failed=0
before=$(generated)
go generate ./...
if ! diff <(echo "$before") <(echo "$(generated)"); then
  echo "verify: generated code was stale; it is fresh now, commit it" >&2
  failed=1
fi
contract=$(gzip -dc admin/openapi.json.gz | git hash-object --stdin)
if ! head -n 1 clients/typescript/src/schema.ts | grep -q "$contract"; then
  echo "verify: clients/typescript/src/schema.ts is of another contract; run make typescript" >&2
  failed=1
fi
go mod tidy -diff >/dev/null || { echo "verify: run go mod tidy" >&2; failed=1; }
go run ./scripts/budgets || failed=1
# Links, paths, names, settings, metrics, targets and tests of pages: docs_test.go and pages_test.go there.
go test -run '^Test(Docs|SecurityModel|Troubleshooting)' ./internal/rules || failed=1
if git grep -nE 'http\.Client\{' -- '*.go' ':!*_test.go' ':!internal/egress' ':!client' ':!internal/playground' ':!cmd/plinto/remote.go' ':!internal/plintotest' ':!internal/webdriver' ':!scripts/bench'; then
  echo "verify: clients are made by internal/egress only: their addresses come from outside (the playground and tests talk to ourselves, the client library and the command line to the server that their user names)" >&2
  failed=1
fi
binary=$(mktemp)
trap 'rm -f "$binary"' EXIT
CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o "$binary" ./cmd/plinto
# Below the 50 MB we promise (decision 0082): one package that looks methods up by name (text/template
# does) makes the linker keep every method there is, and costs 12 MB at once.
if [ "$(wc -c <"$binary")" -gt 50000000 ]; then
  echo "verify: the stripped binary has $(wc -c <"$binary") bytes, more than 50 MB" >&2
  failed=1
fi
# A commit that is tagged as a release is one that upgrade-check knows.
for tag in $(git tag --points-at HEAD --list 'v[0-9]*'); do
  go run ./scripts/release "$tag" || failed=1
done
scripts/rename.sh || { echo "verify: code knows the module by name" >&2; failed=1; }
exit $failed
