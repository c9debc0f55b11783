# NoKube's commands. `make help` lists them.
.DEFAULT_GOAL := help
SHELL := /bin/bash
LISTEN ?= 127.0.0.1:3000
export LISTEN

TARGET := wasm32-wasip2
WASM := -p builds -p webhook -p nokube-edge --target $(TARGET)

.PHONY: help setup components run token test lint clean

help: ## List the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 14

setup: ## Install what this machine lacks
	@scripts/setup

components: setup ## Build the components for Spin
	@echo "Building the components (the first time takes a minute)"
	cargo build --release -p builds -p webhook --target $(TARGET)

run: components ## Serve the platform with a simulated GitHub (LISTEN=127.0.0.1:3000)
	@echo "Building the local host and the simulation (the first time takes some minutes)"
	cargo build -p local-host -p nokube-sim -p nokube-dev
	@exec target/debug/nokube-dev run

token: ## Print a bearer token for the local instance: make token USER=alice
	@cargo build --quiet -p nokube-dev && target/debug/nokube-dev token '$(USER)'

test: components ## Run all tests
	cargo test

lint: setup ## Check format and lints
	cargo fmt --all --check
	cargo clippy --all-targets -- -D warnings
	cargo clippy $(WASM) --release -- -D warnings

clean: ## Remove what was built and the local instance
	cargo clean
	rm -rf .nokube
