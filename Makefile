# ZION proxy. On a machine with Swift 6.3: `make run`, `make test`.

SWIFT      ?= swift
RELEASE    := .build-release
ZION       := $(RELEASE)/release/zion
STRATUM    ?= 3333
FUZZ_SECONDS ?= 600
SOURCES    := Sources Tests Package.swift

MARKET     ?= ../shared/market
TRACES      = $(wildcard $(MARKET)/*_daily*.csv $(MARKET)/*_hourly*.csv $(MARKET)/pools_*.csv)
POLICIES   ?= $(or $(wildcard policies/balanced.yaml),balanced) $(or $(wildcard policies/adaptive.yaml),adaptive_learning)

.PHONY: help run release test fuzz-api bench backtest format lint setup clean

help: ## What can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: release ## Set up, build, and start a pool on the embedded chain (development only)
	@echo
	@echo "Point a miner at it, here or on another machine:"
	@echo "  $(ZION) mine --url stratum+tcp://127.0.0.1:$(STRATUM) --user ZION_00112233445566778899aabbccddeeff00112233.rig1"
	@echo "See what it does:"
	@echo "  curl -s localhost:3334/api/stats"
	@echo
	@exec $(ZION) run

release: setup ## Build the optimised binary, $(ZION)
	$(SWIFT) build -c release --product zion --scratch-path $(RELEASE)

test: ## Build and run every test, with a real bitcoind and PostgreSQL
	@Tests/tools/setup.sh postgresql
	Tests/tools/test.sh

fuzz-api: setup ## Ask a built server all that its OpenAPI document allows, and more, for 10 minutes (FUZZ_SECONDS)
	$(SWIFT) build --product zion
	Tests/tools/fuzz-api.sh $(FUZZ_SECONDS)

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

format: ## Format all sources in place
	$(SWIFT) format format -i -p -r $(SOURCES)

lint: ## Check the format
	$(SWIFT) format lint --strict -p -r $(SOURCES)

setup:
	@Tests/tools/setup.sh

clean: ## Remove everything that was built
	rm -rf .build .build-release
