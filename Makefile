# `make up` and `make test` set everything up by themselves.
.DEFAULT_GOAL := help
VENV := .venv
BIN := $(VENV)/bin
export VEDETTE_DATA ?= .vedette

.PHONY: help up containers test testbed testbed-down lint bench native web clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile

up: $(VENV)/.installed native web ## Set everything up, then run the whole pipeline on this machine
	@exec $(BIN)/vedette up

containers: ## Build the images, then run the whole pipeline in containers (needs Docker Compose)
	@deploy/docker/secrets.sh
	@docker compose --file deploy/compose.yaml up --build --detach --wait
	@echo "sign in as admin@localhost with the password in deploy/secrets/admin_password:"
	@docker compose --file deploy/compose.yaml port gateway 8420 | sed 's|^|http://|'

test: $(VENV)/.installed-dev native web ## Set everything up, then run all tests
	@deploy/test.sh

testbed: $(VENV)/.installed-dev ## Bring up real servers for the tests, and print their environment
	@deploy/testbed/up

testbed-down: $(VENV)/.installed-dev ## Take these servers down, and delete their data
	@deploy/testbed/down

lint: $(VENV)/.installed-dev ## Check style, types and the rooms' rules
	@deploy/lint.sh

bench: $(VENV)/.installed-dev native ## Run the benchmarks, each beside its peer
	$(BIN)/python benchmarks/rollup.py
	$(BIN)/python benchmarks/probe.py --https
	$(BIN)/python benchmarks/archive.py
	$(BIN)/python benchmarks/failure_latency.py
	$(BIN)/python benchmarks/alert_latency.py
	$(BIN)/python benchmarks/situations.py
	$(BIN)/python benchmarks/trends.py
	$(BIN)/python benchmarks/realtime.py
	$(BIN)/python benchmarks/agent.py
	$(BIN)/python benchmarks/client.py

native: $(VENV)/.installed ## Build the probes' quick TLS engine (if Rust is there)
	@deploy/native.sh $(VENV)

web: ## Build the page (if Node is there)
	@deploy/web.sh

clean: ## Remove what was installed and built; data stays
	rm -rf $(VENV) native/target web/node_modules ingest_api/static build *.egg-info

$(VENV)/.installed: requirements.lock pyproject.toml deploy/install.sh
	@deploy/install.sh $(VENV) requirements.lock
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock pyproject.toml deploy/install.sh
	@deploy/install.sh $(VENV) requirements-dev.lock
	@touch $@ $(VENV)/.installed
