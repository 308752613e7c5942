#!/usr/bin/env bash
# Builds bin/plinto to try it and to work on it: a first build compiles everything there is, and somebody waits. So it
# begins while setup.sh installs what lacks, inlines nothing and leaves debug information out, which is a third less
# to do, and lets the compiler take more memory before it collects. `make build` makes the binary that servers run.
set -euo pipefail
cd "$(dirname "$0")/.."
go=${GO:-go}

command -v "$go" >/dev/null || exec scripts/setup.sh dev # says what to do
export CGO_ENABLED=0 GOGC=800
export GOFLAGS="${GOFLAGS:-} '-gcflags=all=-l -dwarf=false' '-ldflags=-s -w' -p=$(($(getconf _NPROCESSORS_ONLN) + 1))"

build() {
  # A fresh clone has all its texts; who works on it is told what lacks.
  if [ -e bin/plinto ]; then
    "$go" run ./internal/locale/check ./ui ./event/mail || return
  else
    # Modules come from the network, the standard library is here: it is compiled meanwhile.
    "$go" list -deps ./cmd/plinto >/dev/null &
    "$go" build archive/tar archive/zip database/sql encoding/gob encoding/xml image/gif image/jpeg image/png net/http/httputil net/http/pprof testing
    wait $! || return
  fi
  "$go" build -o bin/plinto ./cmd/plinto
}

[ -e bin/plinto ] || echo "dev: building bin/plinto: the first time, Go fetches modules and compiles all of them, which takes about a minute"
build &
scripts/setup.sh dev || { kill $! 2>/dev/null; exit 1; }
wait $!
