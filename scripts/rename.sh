#!/usr/bin/env bash
# Renames the module in a copy and builds it: nothing but go.mod and import lines may know
# what the module is called.
set -euo pipefail
cd "$(dirname "$0")/.."

name=renamed.example/copy
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
git ls-files -z -co --exclude-standard | xargs -0 cp --parents -t "$copy"
cd "$copy"
old=$(go list -m)
go mod edit -module "$name"
# Import lines only: a quoted path alone on its line, perhaps with a name before it.
find . -name '*.go' -print0 | xargs -0 sed -Ei "s#^(import )?(\s*)(([A-Za-z0-9_.]+ )?)\"$old(/[^\"]*)?\"\$#\1\2\3\"$name\5\"#"
go build ./...
go test ./internal/house
