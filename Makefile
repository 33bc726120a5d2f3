# The two commands a newcomer needs: `make demo` and `make test`. `make help` lists the rest.

SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
FRONTEND := $(shell find web/frontend -path '*/node_modules' -prune -o -type f -print 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: help demo cluster test check nightly simulate faults fuzz unit lock format clean frontend

help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

demo: $(VENV)/.runtime ## install, and run the application with demo processes on http://127.0.0.1:8080
	@$(BIN)/bpmn-engine demo --data var/demo

cluster: $(VENV)/.runtime ## run it scaled out: PostgreSQL, web processes, workers; BROKER (none, redis, rabbitmq)
	@$(BIN)/bpmn-engine cluster --data var/cluster --broker $(or $(BROKER),none)

test: $(VENV)/.dev ## install what tests need, and run every check
	@tools/test-services.sh
	@tools/check.sh

check: $(VENV)/.dev ## the checks without installing services
	@tools/check.sh

nightly: $(VENV)/.dev ## ten thousand random processes for each property; about two hours
	BPMN_ENGINE_EFFORT=200 $(BIN)/python -m pytest tests/properties

simulate: $(VENV)/.dev ## SEEDS (10000) simulated runs with faults, from FROM (0) on
	$(BIN)/python -m tests.simulation --seeds $(or $(SEEDS),10000) --from $(or $(FROM),0) --processes $(or $(PROCESSES),2)

faults: $(VENV)/.dev ## ROUNDS (20) of kill -9, full disks and cut connections on real servers, with BROKER (redis)
	$(BIN)/python -m tests.faults --rounds $(or $(ROUNDS),20) --broker $(or $(BROKER),redis)

fuzz: $(VENV)/.dev ## random expressions in FEEL and JUEL for MINUTES (10)
	@tools/fuzz.sh $(or $(MINUTES),10)

unit: $(VENV)/.dev ## the fast tests only
	$(BIN)/python -m pytest tests/unit tests/architecture

format: $(VENV)/.dev ## format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

frontend: $(VENV)/.runtime ## build the front end again
	cd web/frontend && npm ci && npm run build

lock: $(VENV)/.dev ## resolve the locked versions anew (needs uv)
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate \
		pyproject.toml -o requirements/runtime.lock
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate \
		--group dev -c requirements/runtime.lock pyproject.toml -o requirements/dev.lock

$(VENV)/.runtime: pyproject.toml requirements/runtime.lock hatch_build.py $(FRONTEND)
	@tools/install.sh runtime

$(VENV)/.dev: $(VENV)/.runtime requirements/dev.lock
	@tools/install.sh dev

clean: ## remove what was built, not the demo's data
	rm -rf $(VENV) web/static/dist web/frontend/node_modules build dist
