# ZION proxy. On a machine with Swift 6.3: `make run`, `make test`.

SWIFT      ?= swift
RELEASE    := .build-release
# Linked statically, for machines without Swift: a folder of its own, or each of the two would compile everything anew.
PACKAGE    := .build-deb
ZION       := $(RELEASE)/release/zion
STRATUM    ?= 3333
FUZZ_SECONDS ?= 600
CHAOS_SEEDS ?= 1...20
CHAOS_SECONDS ?= 60
CHAOS_PARALLEL ?= 4
FUZZING    := .build-fuzz
# Programs that tests run or that judge our files.
TEST_PACKAGES := postgresql prometheus nginx libnginx-mod-stream haproxy systemd openssl nftables
SOURCES    := Sources Tests Package.swift

MARKET     ?= ../shared/market
TRACES      = $(wildcard $(MARKET)/*_daily*.csv $(MARKET)/*_hourly*.csv $(MARKET)/pools_*.csv)
POLICIES   ?= $(or $(wildcard policies/balanced.yaml),balanced) $(or $(wildcard policies/adaptive.yaml),adaptive_learning)

SCREENS    ?= .screens

.PHONY: help run release deb completions test fuzz sanitize fuzz-api chaos bench backtest screens format lint setup clean

help: ## What can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: release ## Set up, build, and start a pool on the embedded chain (development only)
	@echo
	@echo "Point a miner at it, here or on another machine:"
	@echo "  $(ZION) mine --url stratum+tcp://127.0.0.1:$(STRATUM) --user ZION_00112233445566778899aabbccddeeff00112233.rig1"
	@echo "See what it does:"
	@echo "  curl -s localhost:3334/api/stats, or http://localhost:3334/ in a browser"
	@echo
	@exec $(ZION) run

release: setup ## Build the optimised binary, $(ZION)
	$(SWIFT) build -c release --product zion --scratch-path $(RELEASE)

deb: setup ## Build a Debian package with everything in it, .build-deb/zion-proxy_*.deb
	@Tests/tools/setup.sh debhelper dpkg-dev
	$(SWIFT) build -c release --static-swift-stdlib --product zion --scratch-path $(PACKAGE) -Xswiftc -gnone
	ops/deb/build.sh $(PACKAGE)/release/zion $(PACKAGE)

completions: release ## Write completions for bash, zsh and fish into .build-release/completions
	@mkdir -p $(RELEASE)/completions
	@for shell in bash zsh fish; do $(ZION) --generate-completion-script $$shell >$(RELEASE)/completions/zion.$$shell; done
	@echo "$(RELEASE)/completions: source zion.bash in .bashrc, copy zion.zsh to _zion in the fpath, zion.fish to ~/.config/fish/completions"

test: ## Build and run every test, with a real bitcoind and PostgreSQL
	@Tests/tools/setup.sh $(TEST_PACKAGES)
	@Tests/tools/setup-browser.sh >/dev/null
	Tests/tools/test.sh

fuzz: setup ## Give every parser of bytes from outside 10 minutes of libFuzzer (FUZZ_SECONDS), one a processor at a time
	FUZZ=1 $(SWIFT) build -c release --product zion-fuzz --scratch-path $(FUZZING)
	Tests/tools/fuzz.sh $(FUZZ_SECONDS)

sanitize: ## Run the tests with the thread sanitizer, and then with the address sanitizer
	@Tests/tools/setup.sh $(TEST_PACKAGES)
	Tests/tools/sanitize.sh thread
	Tests/tools/sanitize.sh address

fuzz-api: setup ## Ask a built server all that its OpenAPI document allows, and more, for 10 minutes (FUZZ_SECONDS)
	$(SWIFT) build --product zion
	Tests/tools/fuzz-api.sh $(FUZZ_SECONDS)

chaos: ## Torment a pool at seeded moments, and see what it loses (CHAOS_SEEDS=1...200, CHAOS_SECONDS, CHAOS_PARALLEL)
	@Tests/tools/setup.sh postgresql
	Tests/tools/chaos.sh --seeds $(CHAOS_SEEDS) --seconds $(CHAOS_SECONDS) --parallel $(CHAOS_PARALLEL)

bench: release ## Measure this machine: tables with the core count
	$(ZION) bench all
	@package=$$(Tests/tools/fetch-kawpow-reference.sh) || \
	  { package=; echo "bench: going on without PyPI's kawpow to compare with" >&2; }; \
	$(ZION) bench hash $${package:+--kawpow-package "$$package"}

backtest: ## Decisions over traces of real markets (MARKET=FOLDER), against simple rules
	@test -n "$(TRACES)" || { echo "make backtest: there are no traces in $(MARKET). It needs a folder with coins.csv" \
	  "and *_daily.csv, *_hourly.csv or pools_*.csv files, as zion backtest --help describes: make backtest MARKET=FOLDER" >&2; exit 1; }
	@$(MAKE) --no-print-directory release
	$(ZION) backtest --trace $(sort $(TRACES)) --policy $(POLICIES) --switch-cost 30m

screens: ## Pictures of every page of the dashboard, light and dark, phone to wall (SCREENS=FOLDER)
	@Tests/tools/setup.sh postgresql
	@Tests/tools/setup-browser.sh >/dev/null
	ZION_SCREENS=$(abspath $(SCREENS)) Tests/tools/test.sh --filter "EndToEndTests.EndToEnd/DashboardTests"

format: ## Format all sources in place
	$(SWIFT) format format -i -p -r $(SOURCES)

lint: ## Check the format
	$(SWIFT) format lint --strict -p -r $(SOURCES)

setup:
	@Tests/tools/setup.sh

clean: ## Remove everything that was built
	rm -rf .build .build-release .build-deb .build-chaos .build-fuzz .build-tsan .build-asan
