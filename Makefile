# NoKube's commands. `make help` lists them.
.DEFAULT_GOAL := help
SHELL := /bin/bash
LISTEN ?= 127.0.0.1:3000
export LISTEN

# Packages that are built together. Another selection could unify the features of dependencies in another
# way, and compile them again (see dev/workspace-hack).
COMPONENTS := auth builds deploy platform web webhook
GUESTS := -p guest-test -p bench-bare
LOCAL := -p local-host -p nokube-dev

WASM := --release --target wasm32-wasip2

.PHONY: help setup setup-tests page components components-hosted run cluster token test test-redis test-hosted test-slow test-contract fuzz deny test-kube test-cluster record-cluster test-builder test-real test-workflow \
  test-web screenshots contract settings bench lint clean

help: ## List the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 14

setup: ## Install what is missing to build and run
	@scripts/setup

setup-tests: setup ## Install what the tests need
	@scripts/setup tests

page: setup ## Build the web page
	@scripts/page

# One by one: Cargo takes a crate type for one package only. In Cargo.toml they are plain libraries, which tests and
# the OpenAPI document use; a package of both crate types would not be optimized as a whole (LTO).
components: page ## Build the WebAssembly components
	@echo "Building the components (the first time takes a minute)"
	@for component in $(COMPONENTS); do \
	  cargo rustc $(WASM) -p $$component --crate-type cdylib || exit 1; \
	done

# In a folder of their own: they have the same file names as the components above.
components-hosted: page ## Build the WebAssembly components for a hosted Spin (spin.hosted.toml)
	@echo "Building the components for a hosted Spin (the first time takes some minutes)"
	@for component in $(COMPONENTS); do \
	  cargo rustc $(WASM) --target-dir target/hosted --features nokube-edge/hosted -p $$component --crate-type cdylib || exit 1; \
	done

# The local host, and with it wasmtime, is compiled only if it is used.
run: components ## Serve the platform with simulated GitHub and Kubernetes (LISTEN=127.0.0.1:3000, SPIN=local, CLUSTER=real, BUILD=real)
ifneq ($(filter real running,$(CLUSTER) $(BUILD)),)
	@CLUSTER='$(CLUSTER)' BUILD='$(BUILD)' exec scripts/run-real
else
	@echo "Building the simulation (the first time takes some minutes)"
	cargo build -p nokube-dev
	@spin=$$(target/debug/nokube-dev choose-host) || exit 1; \
	[ -n "$$spin" ] || cargo build $(LOCAL) || exit 1; \
	exec target/debug/nokube-dev run $${spin:+--spin "$$spin"}
endif

token: setup ## Print a bearer token for the local instance: make token USER=alice
	@[ -x target/debug/nokube-dev ] || echo "Building (the first time takes some minutes)" >&2
	@cargo build --quiet -p nokube-dev && target/debug/nokube-dev token '$(USER)'

test: setup-tests components ## Run the fast tests
	cargo test
	@echo "Checked against GitHub's description:" \
	  "$$(wc -l < target/debug/flows-github-as-described.txt) kinds of responses and webhooks"

test-redis: setup-tests components ## Run the flow tests with Spin's key-value store on Redis
	NOKUBE_TEST_STORE=key-value-on-redis cargo test --test flows -- --test-threads=3

test-hosted: setup-tests components components-hosted ## Run the flow tests with the components and limits of a hosted Spin
	NOKUBE_TEST_STORE=hosted cargo test --test flows -- --test-threads=3
	cargo test --features nokube-tests/slow --test hosted -- --nocapture

test-slow: setup-tests components ## Run the slow tests: orders of events, crashes, load, mutated webhooks
	cargo build $(LOCAL)
	cargo test --features nokube-tests/slow --test slow

test-contract: setup-tests components ## Send generated requests and compare the responses with the contract (needs Python)
	@scripts/setup python
	@programs=$$(scripts/python-programs tests/contract/requirements.txt | tail -1) && [ -n "$$programs" ] || exit 1; \
	NOKUBE_SCHEMATHESIS=$$programs/schemathesis \
	  cargo test --features nokube-tests/slow --test contract -- --nocapture

fuzz: setup ## Run the fuzz targets, each for FUZZ_SECONDS=60 (needs a C++ compiler)
	@scripts/setup fuzz
	@scripts/fuzz

deny: setup ## Check licences and advisories of all dependencies (needs Python)
	@scripts/setup python
	@scripts/deny

test-web: setup components ## Run the browser tests of the page
	@scripts/setup web
	cargo build $(LOCAL)
	npm run --prefix tests/web --silent check
	npm run --prefix tests/web --silent test

screenshots: test-web ## Update the README's screenshots
	@mkdir -p docs/images
	@for page in built preview deployment; do \
	  cp tests/web/shots/$$page-fr-1280-light.png docs/images/$$page.png; \
	done

test-kube: setup-tests components ## Run the tests on a real Kubernetes API server
	@scripts/setup kube
	@if [ -z "$$NOKUBE_TEST_KUBECONFIG" ]; then \
	  KUBEBUILDER_ASSETS=$$(scripts/kube-servers | tail -1) && [ -n "$$KUBEBUILDER_ASSETS" ] || exit 1; \
	  export KUBEBUILDER_ASSETS; \
	fi; \
	cargo test --features nokube-tests-kube/cluster --test kube --test deployments --test spinkube

test-cluster: setup-tests components ## Run the tests on a real cluster with two nodes (needs root)
	@scripts/setup cluster
	@NOKUBE_CLUSTER_PROGRAMS=$$(scripts/cluster-programs | tail -1) && [ -n "$$NOKUBE_CLUSTER_PROGRAMS" ] || exit 1; \
	export NOKUBE_CLUSTER_PROGRAMS; \
	cargo build $(LOCAL) && cargo test --features nokube-tests-cluster/real --test cluster -- --nocapture

record-cluster: setup ## Record what a real cluster says of failing Deployments, for the tests (needs root)
	@scripts/setup cluster
	@NOKUBE_CLUSTER_PROGRAMS=$$(scripts/cluster-programs | tail -1) && [ -n "$$NOKUBE_CLUSTER_PROGRAMS" ] || exit 1; \
	export NOKUBE_CLUSTER_PROGRAMS; \
	cargo run -p nokube-tests-cluster --features real --bin record-cluster

cluster: setup ## Hold a real cluster with two nodes until Ctrl-C (needs root)
	@scripts/setup cluster
	@NOKUBE_CLUSTER_PROGRAMS=$$(scripts/cluster-programs | tail -1) && [ -n "$$NOKUBE_CLUSTER_PROGRAMS" ] || exit 1; \
	export NOKUBE_CLUSTER_PROGRAMS; \
	cargo build --quiet -p nokube-dev-cluster && exec target/debug/nokube-cluster

# Two tests at a time: each starts a BuildKit, for which buildx waits only 15 s.
test-builder: setup-tests ## Run the builder's workflow with real BuildKit (needs root)
	@scripts/setup builder
	@NOKUBE_BUILDER_PROGRAMS=$$(scripts/builder-programs | tail -1) && [ -n "$$NOKUBE_BUILDER_PROGRAMS" ] || exit 1; \
	export NOKUBE_BUILDER_PROGRAMS; \
	cargo test --features nokube-tests-builder/programs --test builder -- --test-threads=2

test-real: setup components ## Run the browser test with real builds and a real cluster (needs root)
	@scripts/run-real test

contract: setup ## Generate docs/api/openapi.json and docs/nokube.schema.json from the code
	cargo run --quiet -p nokube-openapi > docs/api/openapi.new
	cargo run --quiet -p nokube-openapi -- nokube.toml > docs/nokube.schema.new
	mv docs/api/openapi.new docs/api/openapi.json
	mv docs/nokube.schema.new docs/nokube.schema.json

settings: setup ## Generate docs/settings.md, SpinKube's variables and spin.hosted.toml from spin.toml
	cargo run --quiet -p nokube-dev -- settings > docs/settings.new
	cargo run --quiet -p nokube-dev -- settings --spinapp > docs/spinapp.new
	cargo run --quiet -p nokube-dev -- settings --hosted > docs/hosted.new
	mv docs/settings.new docs/settings.md
	mv docs/spinapp.new ops/spinkube/base/variables.yaml
	mv docs/hosted.new spin.hosted.toml

test-workflow: setup-tests ## Check the builder's workflow with actionlint (needs Go)
	@scripts/actionlint

bench: setup-tests components ## Measure speed and sizes
	cargo build $(WASM) $(GUESTS)
	cargo run --quiet -p nokube-bench

lint: setup-tests page ## Check format, lints, and that features are unified
	@scripts/setup fuzz
	cargo fmt --all --check
	@scripts/check-features
	cargo clippy --all-targets --features nokube-tests/slow,nokube-tests-kube/cluster,nokube-tests-cluster/real,nokube-tests-builder/programs -- -D warnings
	cargo clippy -p nokube-bench -- -D warnings
	cargo clippy -p nokube-fuzz -- -D warnings
	cargo clippy $(WASM) $(COMPONENTS:%=-p %) $(GUESTS) -p nokube-edge -- -D warnings
	cargo clippy $(WASM) $(COMPONENTS:%=-p %) $(GUESTS) -p nokube-edge --features nokube-edge/hosted -- -D warnings

clean: ## Remove build output and the local instance
	cargo clean
	rm -rf .nokube components/web/ui/dist
