# Everything starts here: `make dev` runs Plinto, `make test` proves it.
.DEFAULT_GOAL := help
.PHONY: help dev test test-timing test-pgbouncer screenshots test-browsers controls crash upgrade-test restore-drill test-edge build texts generate typescript fuzz-api lint verify fuzz bench bench-fairness bench-queued bench-schemas bench-scale microbench setup test-peers test-alerts test-dashboards bench-traces vuln image image-try compose chart workflows bench-compare year units test-clients readme-pictures
SHELL := /bin/bash

GO        ?= go
ARGS      ?=
# Those that take longest come first: nothing else is left to run beside them in the end.
PACKAGES  ?= ./cmd/plinto ./ui ./internal/plintotest ./storage ./...
TESTFLAGS ?=
FUZZTIME  ?= 20s
CRASHES   ?= 200
CASES     ?= 100
BENCH     ?= .
USERS     ?= 1000000
ACCOUNTS  ?= 300
SERVICES  := $(GO) run ./internal/testservice/run
TOOL      := $(GO) tool -modfile=tools/go.mod
# TAGS=s3 has S3 in the binary, where audit export may write.
TAGS      ?=
comma     := ,
# Programs with one of the TAGS may have gRPC in them. Without its debug pages nothing that is linked looks methods
# up by name, so the linker drops what nobody calls: 12 MB.
export GOFLAGS := $(strip $(GOFLAGS) -tags=grpcnotrace$(if $(TAGS),$(comma)$(TAGS)))

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

dev: ## run Plinto with everything it needs; ARGS="--listen 127.0.0.1:9000"
	@GO=$(GO) scripts/dev.sh && exec bin/plinto dev $(ARGS)

# One package more at once than there are processors: some wait for processes more than they work. make lint vets. Without DWARF the
# hundred test binaries link in two thirds of the time; stack traces keep their lines. Without paths in them, packages are compiled
# once for all clones and worktrees on a machine, and tests that read neither files nor variables are run once. GOGC: the compiler and
# hundreds of servers with small heaps would spend a tenth of the time on collecting.
test: setup ## run every test on a Postgres and a Redis of its own; PACKAGES=./storage TESTFLAGS=-v
	@cd internal/oryx && $(GO) test -vet=off -trimpath -ldflags=-w ./...
	@GOGC=400 $(SERVICES) -- $(GO) test -timeout 20m -vet=off -trimpath -ldflags=-w -p $$(($$(getconf _NPROCESSORS_ONLN) + 1)) $(TESTFLAGS) $(PACKAGES)

test-timing: setup ## compare how long pages take for accounts that exist and for others; ACCOUNTS=300
	@$(SERVICES) -- $(GO) test -run 'Timing|MannWhitney' -count=1 -v ./internal/plintotest -args -timing $(ACCOUNTS) 2>&1 | grep -E '_test.go|^(---|ok|FAIL|PASS)'; exit $${PIPESTATUS[0]}

test-pgbouncer: setup ## run the tests of the storage, and logins, through a PgBouncer that pools transactions
	@PLINTO_TEST_POOLER=transaction $(SERVICES) -- $(GO) test $(TESTFLAGS) -count=1 ./storage
	@PLINTO_TEST_POOLER=transaction $(SERVICES) -- $(GO) test $(TESTFLAGS) -count=1 -run '^Test(Login|Statements|Refresh|Session|Management)' ./internal/plintotest

test-browsers: ## run the main flows in Firefox and WebKitGTK, which it installs by apt where it may
	@scripts/setup.sh browsers
	@PLINTO_BROWSERS=1 $(SERVICES) -- $(GO) test $(TESTFLAGS) -count=1 -run '^TestBrowsers' ./internal/plintotest

test-peers: ## sign in with a real Keycloak, which it fetches by Maven
	@scripts/setup.sh peers
	@PLINTO_KEYCLOAK="$$(scripts/keycloak.sh)" $(SERVICES) -- $(GO) test $(TESTFLAGS) -count=1 -timeout 30m -v -run '^TestPeers' ./internal/plintotest

test-clients: build ## try the applications of examples/ with their libraries, from the registries; ARGS="-only express"
	@scripts/setup.sh clients
	@$(GO) run ./scripts/examples $(ARGS)

screenshots: setup ## draw every page into screenshots/, on phones and desktops, light, dark and from right to left; ARGS="-page consent -lang de"
	@scripts/setup.sh screenshots && mkdir -p screenshots
	@$(GO) test -count=1 -timeout 60m -v -run '^TestScreenshots$$' ./ui -args -screenshots $(CURDIR)/screenshots $(ARGS) 2>&1 | grep -E '_test.go|^(---|ok|FAIL|PASS)'; exit $${PIPESTATUS[0]}

readme-pictures: setup ## draw docs/pictures anew: the sign-in page and the playground, as plinto dev shows them on port 8080
	@$(GO) test -count=1 -timeout 5m -v -run '^TestReadmePictures$$' ./cmd/plinto -args -pictures $(CURDIR)/docs/pictures 2>&1 | grep -E '_test.go|^(---|ok|FAIL|PASS)'; exit $${PIPESTATUS[0]}

test-dashboards: setup ## ask every query of the dashboard of what a server shows, by the query engine of Prometheus
	@dir=$$(mktemp -d) && trap 'rm -rf "$$dir"' EXIT && \
	  $(SERVICES) -- $(GO) test -count=1 -run '^TestMetrics_ofAServerThatIsUsed' ./cmd/plinto -args -scrapes "$$dir" && \
	  cd internal/dashboards && $(GO) test -count=1 -v ./... -args -scrapes "$$dir"

test-alerts: ## check the alerts with promtool, which it installs by apt where it may
	@scripts/setup.sh alerts
	@cd deploy/prometheus && promtool check rules plinto.rules.yaml && promtool check config --syntax-only ../compose/prometheus.yaml && promtool test rules tests/plinto.test.yaml

units: ## check deploy/systemd with systemd-analyze
	@dir=$$(mktemp -d) && trap 'rm -rf "$$dir"' EXIT && for u in deploy/systemd/*.service; do sed 's#/usr/local/bin/plinto#/bin/true#' $$u >"$$dir/$${u##*/}"; done && \
	  systemd-analyze verify "$$dir"/*.service && systemd-analyze security --offline=true --threshold=20 "$$dir/plinto.service" | tail -1

controls: setup ## take each defence out and see its test fail; ARGS="-only COD"
	@$(SERVICES) -- $(GO) run ./scripts/controls $(ARGS)

crash: setup ## kill servers, workers and commands again and again, CRASHES times each, and see that nothing is lost
	@$(SERVICES) -- $(GO) test -count=1 -timeout 60m -v -run 'Killed$$|MPR_0[47]' ./cmd/plinto -args -crashes $(CRASHES)

# The last commit before the migrations of this release.
PREVIOUS ?= abe13e6c

upgrade-test: setup ## replace servers of the release before by ours, and go back, under load; PREVIOUS=commit
	@dir=$$(mktemp -d) && trap 'git worktree remove --force '$$dir EXIT && git worktree add -q --detach $$dir $(PREVIOUS) && \
	(cd $$dir && $(GO) build -o plinto ./cmd/plinto) && \
	$(SERVICES) -- $(GO) test -count=1 -timeout 30m -v -run '^TestUpgrade' ./cmd/plinto -args -previous $$dir/plinto 2>&1 | grep -E '_test.go|^(---|ok|FAIL|PASS)'; exit $${PIPESTATUS[0]}

test-edge: setup ## sign in, and replace servers, behind the proxies of deploy/edge, which it installs by apt where it may
	@scripts/setup.sh edge
	@$(SERVICES) -- $(GO) test $(TESTFLAGS) -count=1 -timeout 20m -v -run '^TestEdge' ./cmd/plinto -args -edge

year: setup ## live through a year of use with upkeep, and see that tables stay small: minutes
	@$(SERVICES) -- $(GO) test -count=1 -timeout 20m -v -run '^TestYear' ./storage -args -year 2>&1 | grep -E '_test.go|^(---|ok|FAIL|PASS)'; exit $${PIPESTATUS[0]}

restore-drill: setup ## back up a tenant and the whole database under load, restore them elsewhere, and see that people go on
	@$(SERVICES) -- $(GO) test -count=1 -timeout 20m -v -run '^TestRestore' ./cmd/plinto -args -drill 2>&1 | grep -E '_test.go|^( *---|ok|FAIL|PASS)'; exit $${PIPESTATUS[0]}

build: texts ## build bin/plinto, stripped; TAGS=s3
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-s -w' -o bin/plinto ./cmd/plinto

texts: ## check that no language lacks a text
	@$(GO) run ./internal/locale/check ./ui ./event/mail

generate: ## write generated code again
	$(GO) generate ./...

typescript: setup ## write the types of the TypeScript client again, after the contract changed
	@cd clients/typescript && node generate.mjs

lint: ## check the code by the rules of .golangci.yaml
	$(TOOL) golangci-lint run

verify: ## check that generated code is fresh, go.mod tidy and the code in its budgets
	@scripts/verify.sh

fuzz: ## fuzz every target for FUZZTIME each
	@scripts/fuzz.sh $(FUZZTIME)

fuzz-api: setup ## send the management API what schemathesis makes of its contract; CASES=100 for each operation
	@PLINTO_FUZZ_API=$(CASES) $(SERVICES) -- $(GO) test -count=1 -timeout 30m -v -run '^TestManagement_holdsItsContractAgainstSchemathesis$$' ./internal/plintotest

bench: setup build ## measure bin/plinto beside floors and print the table
	@$(SERVICES) -durable -- $(GO) run ./scripts/bench -plinto bin/plinto $(ARGS)

bench-fairness: setup build ## measure how long one tenant waits while another is attacked
	@$(SERVICES) -durable -- $(GO) run ./scripts/bench -plinto bin/plinto -fairness -t 20s $(ARGS)

bench-queued: setup build ## measure how long tokens take while 300 users sign in
	@$(SERVICES) -durable -- $(GO) run ./scripts/bench -plinto bin/plinto -queued -t 20s $(ARGS)

SHARE ?= 0.05

bench-traces: setup build ## measure what recording SHARE of all traces costs a token, in ten rounds in turns
	@$(SERVICES) -durable -- $(GO) run ./scripts/bench -plinto bin/plinto -traces $(SHARE) -t 10s $(ARGS)

SCHEMAS ?= 1000

bench-schemas: setup ## measure how long SCHEMAS schemas of tenants take to get a column, while a server runs; making them takes minutes
	@$(SERVICES) -- $(GO) test -run Schemas_getAColumn -count=1 -timeout 60m -v ./cmd/plinto -args -schemas $(SCHEMAS) 2>&1 | grep -E '_test.go|^(---|ok|FAIL|PASS)'; exit $${PIPESTATUS[0]}

bench-scale: setup build ## measure lists, sign-ins and tokens in a tenant with USERS users beside 10,000 tenants: minutes and gigabytes
	@$(SERVICES) -durable -- $(GO) run ./scripts/bench -plinto bin/plinto -scale $(USERS)
	@$(SERVICES) -durable -- $(GO) run ./scripts/bench -plinto bin/plinto -growth $(USERS)

microbench: setup ## run the Go benchmarks; BENCH=Token PACKAGES=./provider/...
	@$(SERVICES) -durable -- $(GO) test -run '^$$' -bench '$(BENCH)' -benchmem -p 1 $(PACKAGES)

setup: ## install what the tests need and this machine lacks
	@scripts/setup.sh test

# What is released is built with the Go release that go.mod names, whatever is installed.
RELEASE := GOTOOLCHAIN=$(shell sed -n 's/^toolchain //p' go.mod)

vuln: ## look for known vulnerabilities that deploy/vex.openvex.json does not explain; ARGS=-write
	@$(RELEASE) $(GO) run ./scripts/vuln $(ARGS)

image: ## make the container image twice, into dist/, with its SBOMs; ARGS=-cold compiles twice, too
	@$(RELEASE) $(GO) -C tools/image test ./... && $(RELEASE) $(GO) -C tools/image run . $(ARGS)

image-try: setup ## run the image of dist/ as root on a read-only file system; ARGS=-arch=arm64 by QEMU
	@$(SERVICES) -- $(GO) -C tools/image run ./try $(ARGS)

# -count=1: the Go command remembers results whatever changes outside of a tool's module.
compose: ## check deploy/compose with the library of Docker Compose
	@$(GO) -C tools/compose test -count=1 ./... && $(GO) -C tools/compose run . ../../deploy/compose/compose.yaml

chart: ## check the Helm chart by the types of the Kubernetes API; the first time helm is compiled, for minutes
	@$(GO) -C tools/chart test -count=1 ./... && $(GO) -C tools/chart run .

workflows: ## check .github/workflows with actionlint, and that actions are named by commit
	@$(GO) tool -modfile=tools/workflows/go.mod actionlint -no-color
	@! grep -n 'uses:' .github/workflows/*.yaml | grep -vE '@[0-9a-f]{40} # v[0-9]'

bench-compare: setup ## compare Go benchmarks with those of BASE=main, turn by turn; BENCH=Token COUNT=10
	@$(SERVICES) -durable -- scripts/bench-compare.sh
