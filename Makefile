# Kazashi: every command that a developer, a packager or the CI needs. "make" alone lists them.

# The Go command of go.mod's version; .ci/toolchain brings it where there is none.
GO = $(eval GO := $$(shell .ci/toolchain))$(or $(GO),$(error no Go toolchain; the lines above say what to do))

# PC/SC needs a C compiler and libpcsclite-dev. Without them the programs build all the same and say what they lack.
CGO_ENABLED ?= $(shell pkg-config --exists libpcsclite 2>/dev/null && command -v cc >/dev/null && echo 1 || echo 0)
export CGO_ENABLED

# What the tests through a real PC/SC stack need, by Debian's names.
TEST_PACKAGES = gcc libc6-dev pkg-config libpcsclite-dev pcscd vsmartcard-vpcd iproute2 softhsm2

# The FIPS 140-3 module that the programs are built with, in its certified version, and on.
GOFIPS140 ?= v1.0.0

# What the packages are built against and with.
RELEASE_PACKAGES = gcc libc6-dev binutils pkg-config libpcsclite-dev jq xz-utils

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
LDFLAGS  = -X kazashi/cmd/internal/build.release=$(VERSION)
PROGRAMS = kazashi kazashid virtualcard
FUZZTIME ?= 30s
MUTANTS  ?= 1000000

# The soak: how many taps, and the number that its faults are drawn with (0 draws one, and prints it).
TAPS      ?= 10000
PCSC_TAPS ?= 2000
SEED      ?= 0
SOAK = KAZASHI_REQUIRE_PCSC=1 CGO_ENABLED=1 $(GO) test -count=1 -timeout 0 -v -run '^TestF55_' ./cmd/internal/daemon -seed $(SEED)
PRESENTATIONS ?= 10000

.DEFAULT_GOAL := help
.PHONY: help build hardened demo test integration lint examples interop soak soak-short load fuzz bench docs deb deb-check release tidy clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' Makefile

build: ## build the programs into bin/
	@mkdir -p bin
	GOFIPS140=$(GOFIPS140) $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o bin/ $(PROGRAMS:%=./cmd/%)
	@[ $(CGO_ENABLED) = 1 ] || echo "built without PC/SC: install libpcsclite-dev, pkg-config and a C compiler for readers"

demo: build ## three taps through the real socket, in this terminal; needs no reader
	@bin/kazashi demo

test: ## install what the tests need, then run all of them
	@if .ci/packages $(TEST_PACKAGES); then \
		KAZASHI_REQUIRE_PCSC=1 KAZASHI_REQUIRE_SOFTHSM=1 CGO_ENABLED=1 $(GO) test -race ./...; \
	else \
		echo "make test: the tests through a real PC/SC stack will be skipped" >&2; \
		$(GO) test ./...; \
	fi

hardened: ## test what handles keys in a build that erases what it leaves (Go's experiment runtimesecret), and build so
	GOEXPERIMENT=runtimesecret $(GO) test ./session/secret ./session/seal ./session/key
	GOEXPERIMENT=runtimesecret $(MAKE) build

integration: ## a private pcscd, virtualcard, the daemon and a client of its socket; then the same way timed
	@.ci/packages $(TEST_PACKAGES)
	KAZASHI_REQUIRE_PCSC=1 CGO_ENABLED=1 $(GO) test -count=1 -v -run 'PCSC' -bench 'TapPCSC' ./cmd/virtualcard

lint: ## vet, format, staticcheck, the import fences, and known vulnerabilities
	@test -z "$$(gofmt -l . | tee /dev/stderr)"
	$(GO) vet ./...
	CGO_ENABLED=0 $(GO) vet ./...
	$(GO) tool -modfile=.ci/tools/go.mod golangci-lint run ./...
	@.ci/vulnerabilities $(GO)

examples: build ## run the programs that show integrators the socket, each that has its language here
	@transport/examples/run bin/kazashid

interop: ## other mdoc libraries judge our documents, and we theirs; REQUIRE=1 fails without node
	@MDOC_PEERS='$(MDOC_PEERS)' REQUIRE='$(REQUIRE)' .ci/interop $(GO)

soak: ## TAPS (10000) taps and PCSC_TAPS (2000) through pcscd with faults drawn by SEED; then MUTANTS (1000000) spoilt answers
	@.ci/packages $(TEST_PACKAGES)
	$(SOAK) -taps $(TAPS) -pcsctaps $(PCSC_TAPS)
	$(GO) test -count=1 -timeout 0 -run '^TestSoak_' ./session/verify -mutants $(MUTANTS) -v

soak-short: ## the same in some seconds, which is part of make test
	@.ci/packages $(TEST_PACKAGES)
	$(SOAK)

load: ## PRESENTATIONS (10000) by eight processes at once that are killed at random
	KAZASHI_LOAD=$(PRESENTATIONS) $(GO) test -count=1 -timeout 0 -run '^TestLoad$$' -v ./cmd/internal/daemon

fuzz: ## run every fuzz target for FUZZTIME (30s)
	@MDOC_VECTORS=$(MDOC_VECTORS) .ci/fuzz $(GO) $(FUZZTIME)

bench: ## speed and memory, each beside its reference; MDOC_PEERS names other libraries to time
	@MDOC_PEERS='$(MDOC_PEERS)' .ci/bench $(GO)
	$(GO) test -run '^$$' -bench . -benchmem ./...

# The programs in a folder write their own manual pages and shell completions.
define documents
@rm -rf dist/man dist/completions
@$(1)/kazashi internal-docs dist --lang en
@$(1)/kazashi internal-docs dist --lang ja
@$(1)/kazashid --internal-docs dist
@$(1)/virtualcard --internal-docs dist
endef

docs: build ## manual pages and shell completions into dist/man and dist/completions
	$(call documents,bin)

# As they are handed out: position-independent, without symbols, relocations read-only.
dist/bin: FORCE
	@mkdir -p dist
	GOFIPS140=$(GOFIPS140) $(GO) build -trimpath -buildmode=pie -ldflags '-s -w -bindnow $(LDFLAGS)' -o dist/bin/ $(PROGRAMS:%=./cmd/%)
FORCE:

deb: dist/bin ## the Debian package into dist/
	$(call documents,dist/bin)
	@.ci/deb $(GO) $(VERSION)

deb-check: deb ## install, upgrade and purge the package on fresh Debian 12 and 13 roots; needs root and debootstrap
	@.ci/deb-check

release: ## a release of this commit into dist/release: package, archive, SBOM, sums; twice, to compare every byte (F60)
	@.ci/packages $(RELEASE_PACKAGES)
	@.ci/release-check $(GO) $(VERSION) dist/release

tidy: ## bring go.mod and go.sum in order
	$(GO) mod tidy

clean: ## remove what make built
	rm -rf bin dist
