#!/usr/bin/env bash
# Renames the module in a copy and builds it: nothing but go.mod and import lines may know
# what the module is called.
set -euo pipefail
cd "$(dirname "$0")/.."

name=renamed.example/copy
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
git ls-files -z -co --exclude-standard | tar --null -T - -cf - | tar -xf - -C "$copy"
cd "$copy"
old=$(go list -m)
go mod edit -module "$name"
# Import lines only: a quoted path alone on its line, perhaps with a name before it.
find . -name '*.go' -print0 | old=$old name=$name xargs -0 perl -pi -e 's#^((?:import )?\s*(?:[\w.]+ )?)"\Q$ENV{old}\E(/[^"]*)?"$#$1."\"$ENV{name}".($2//"")."\""#e'
go build ./...
go test ./internal/rules
