# NoKube's commands. `make help` lists them.
.DEFAULT_GOAL := help
SHELL := /bin/bash
LISTEN ?= 127.0.0.1:3000
export LISTEN

TARGET := wasm32-wasip2
WASM := -p auth -p builds -p deploy -p web -p webhook -p nokube-edge -p bench-bare --target $(TARGET)

# Built together always: another selection would be other features, and compiled anew.
LOCAL := -p local-host -p nokube-sim -p nokube-dev

.PHONY: help setup setup-tests page components run token test test-redis test-slow test-kube test-workflow \
  test-web screenshots contract settings doctor bench lint clean

help: ## List the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 14

setup: ## Install what this machine lacks to build and run
	@scripts/setup

setup-tests: setup ## Install what the tests need besides
	@scripts/setup tests

page: setup ## Build the web page
	@scripts/page

components: page ## Build the components for Spin
	@echo "Building the components (the first time takes a minute)"
	cargo build --release -p auth -p builds -p deploy -p web -p webhook --target $(TARGET)

run: components ## Serve the platform with a simulated GitHub (LISTEN=127.0.0.1:3000)
	@echo "Building the local host and the simulation (the first time takes some minutes)"
	cargo build $(LOCAL)
	@exec target/debug/nokube-dev run

token: ## Print a bearer token for the local instance: make token USER=alice
	@[ -x target/debug/nokube-dev ] || echo "Building (the first time takes some minutes)" >&2
	@cargo build --quiet $(LOCAL) && target/debug/nokube-dev token '$(USER)'

doctor: ## Say what is wrong with a running platform: make doctor URL=https://… [REDELIVER=1] [ENV_FILE=.env]
	@cargo build --quiet $(LOCAL) && target/debug/nokube-dev doctor $(if $(URL),--url '$(URL)') \
	  $(if $(ENV_FILE),--env-file '$(ENV_FILE)') $(if $(REDELIVER),--redeliver)

test: setup-tests components ## Run all tests but the slow ones
	cargo test
	@echo "Of GitHub's description, these tests held" \
	  "$$(wc -l < target/debug/flows-github-as-described.txt) kinds of answers and webhooks to their schemas"

test-redis: setup-tests components ## Run the users' stories with their state in Redis
	NOKUBE_TEST_STORE=redis cargo test --test flows

test-slow: setup-tests components ## Run the slow tests: every order of events, crashes, many and large
	cargo build $(LOCAL)
	cargo test --features nokube-tests/slow --test slow

test-web: setup components ## Try the page in a browser, against the real components
	@scripts/setup web
	cargo build $(LOCAL)
	npm run --prefix tests/web --silent check
	npm run --prefix tests/web --silent test

screenshots: test-web ## Make the README's pictures anew
	@mkdir -p docs/images
	@for page in built preview deployment; do \
	  cp tests/web/shots/$$page-fr-1280-light.png docs/images/$$page.png; \
	done

test-kube: setup-tests components ## Run the tests that need a real Kubernetes API server
	@scripts/setup kube
	@if [ -z "$$NOKUBE_TEST_KUBECONFIG" ]; then \
	  KUBEBUILDER_ASSETS=$$(scripts/kube-servers | tail -1) && [ -n "$$KUBEBUILDER_ASSETS" ] || exit 1; \
	  export KUBEBUILDER_ASSETS; \
	fi; \
	cargo test --features nokube-tests-kube/cluster --test kube --test deploys --test spinkube

contract: ## Write the API's description, docs/api/openapi.json, anew from the code
	cargo run --quiet -p nokube-contract > docs/api/openapi.new
	mv docs/api/openapi.new docs/api/openapi.json

settings: ## Write docs/settings.md and SpinKube's variables anew from spin.toml
	cargo run --quiet -p nokube-dev -- settings > docs/settings.new
	cargo run --quiet -p nokube-dev -- settings --spinapp > docs/spinapp.new
	mv docs/settings.new docs/settings.md
	mv docs/spinapp.new ops/spinkube/base/variables.yaml

test-workflow: setup-tests ## Check the builder's workflow with actionlint (takes Go)
	@scripts/actionlint

bench: components ## Measure what is claimed about speed and size
	cargo build --release -p bench-bare --target $(TARGET)
	cargo run --quiet -p nokube-bench

lint: page ## Check format and lints
	cargo fmt --all --check
	cargo clippy --all-targets --features nokube-tests/slow,nokube-tests-kube/cluster -- -D warnings
	cargo clippy -p nokube-bench -- -D warnings
	cargo clippy $(WASM) --release -- -D warnings

clean: ## Remove what was built and the local instance
	cargo clean
	rm -rf .nokube components/web/ui/dist
