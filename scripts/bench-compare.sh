#!/usr/bin/env bash
# Compares the benchmarks of this tree with those of another commit (BASE, or the last commit of main),
# turn by turn, so that what the machine does besides meets both alike, and prints benchstat's table.
#
#   make bench-compare                        # what a token, a page and a key cost
#   BASE=v0.1.0 BENCH=Token COUNT=10 make bench-compare
set -euo pipefail
cd "$(dirname "$0")/.."
base=${BASE:-main}
bench=${BENCH:-'^Benchmark(Token|Authorize|ClientCredentials|Discovery|JWKS|Sign|Verify|Hash|ParseForm|SessionCopy)$'}
count=${COUNT:-6}
packages=(./provider/engine ./internal/plintotest ./internal/web ./internal/secret ./internal/jwt ./storage)

work=$(mktemp -d)
trap 'git worktree remove --force "$work/base" 2>/dev/null; rm -rf "$work"' EXIT
git worktree add --quiet --detach "$work/base" "$base"
build() { # compiles the benchmarks of a tree, so that both are measured and nothing else
  local package
  for package in "${packages[@]}"; do
    (cd "$1" && [ ! -d "$package" ] || go test -c -o "$2-$(basename "$package")" "$package")
  done
}
build . "$work/new"
build "$work/base" "$work/old"
measure() {
  local package
  for package in "${packages[@]}"; do
    [ ! -x "$2-$(basename "$package")" ] ||
      (cd "$1/$package" && "$2-$(basename "$package")" -test.run '^$' -test.bench "$bench" -test.benchmem -test.benchtime 0.5s) >>"$2.txt"
  done
}
for ((i = 0; i < count; i++)); do
  measure "$work/base" "$work/old"
  measure "$PWD" "$work/new"
done
go tool -modfile=tools/workflows/go.mod benchstat "$work/old.txt" "$work/new.txt"
