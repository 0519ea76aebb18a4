.DEFAULT_GOAL := help
.NOTPARALLEL:
.DELETE_ON_ERROR:

# The first Python on PATH that this project supports; `make PYTHON=... setup` chooses another.
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
  "$$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' 2>/dev/null \
  && { command -v "$$python"; break; }; done)
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet
STAMP := .venv/.set-up
WORKERS ?= 2
# Extras stay in the lock: pip before 24 takes a newer release for a name with an extra, and then has no hash for it.
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-strip-extras \
  --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"
# The two slower lanes leave out what compilation does not change.
UNCOMPILED := -m "not jit_only and not slow" --ignore=tests/house

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: setup
setup: $(STAMP) ## Make .venv with every locked dependency and this project in it

$(STAMP): requirements/dev.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "expected Python 3.11 to 3.14 on PATH, found none"; exit 2; }
	@test -x $(BIN)/python || "$(PYTHON)" -m venv .venv
	$(PIP) --require-hashes -r requirements/dev.txt
	$(PIP) --no-build-isolation --no-deps --editable .
	@touch $(STAMP)

.PHONY: demo
demo: $(STAMP) ## Write a cluster and a million flows to demo/, audit them, print the findings
	$(BIN)/auditor demo --out demo --force

.PHONY: test
test: browser test-jit test-nojit test-bounds ## Run all three lanes

# Tests that look at pages are skipped where there is none, or fail with AUDITOR_REQUIRE_BROWSER=1.
.PHONY: browser
browser: ## Install the browser that tests of pages use, if it is missing and this is Debian and you are root
	@{ command -v chromium && command -v chromedriver; } > /dev/null || { \
	  test "$$(id -u)" = 0 && command -v apt-get > /dev/null \
	  && apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium chromium-driver > /dev/null; } \
	  || echo "no browser, and none could be installed: install the packages chromium and chromium-driver"

.PHONY: test-jit
test-jit: $(STAMP) ## Run the tests with compiled kernels
	$(BIN)/pytest -q -n $(WORKERS) -m "not slow"

.PHONY: test-slow
test-slow: $(STAMP) ## Run the tests that take long: brokers and members are killed, the steps of the image performed
	$(BIN)/pytest -q -n $(WORKERS) -m slow

.PHONY: test-nojit
test-nojit: $(STAMP) ## Run the kernels as plain Python, and measure coverage
	NUMBA_DISABLE_JIT=1 $(BIN)/pytest -q -n $(WORKERS) $(UNCOMPILED) --cov --cov-report=term

.PHONY: test-bounds
test-bounds: $(STAMP) ## Run compiled kernels that check every index
	NUMBA_BOUNDSCHECK=1 NUMBA_CACHE_DIR=$(CURDIR)/.cache/bounds $(BIN)/pytest -q -n $(WORKERS) $(UNCOMPILED)

.PHONY: cover
cover: $(STAMP) ## Show the lines that no test reaches
	NUMBA_DISABLE_JIT=1 $(BIN)/pytest -q -n $(WORKERS) $(UNCOMPILED) --cov --cov-report=term-missing

.PHONY: soak
soak: $(STAMP) ## Run the property tests with many more examples
	$(BIN)/pytest -q -n $(WORKERS) --hypothesis-profile=thorough $(UNCOMPILED)

.PHONY: pictures
pictures: $(STAMP) browser ## Write the pictures in docs/ and the capacity table of the README again; needs a browser
	PYTHONPATH=. $(BIN)/python -m tests.pictures

.PHONY: broker
broker: $(STAMP) ## Start a Kafka broker on this machine with the demonstration's events in it, to try auditor stream; needs Java 17 and Maven
	@$(BIN)/python -m tests.broker.local --demo demo

SECONDS ?= 600
.PHONY: soak-stream
soak-stream: $(STAMP) ## Kill, pause and restart members of the service and their broker for SECONDS, and count
	PYTHONPATH=. $(BIN)/python -m tests.soak.stream --seconds $(SECONDS)

.PHONY: docker-steps
docker-steps: $(STAMP) ## Perform the steps of the Dockerfile without a container engine
	$(BIN)/pytest -q tests/test_dockerfile_steps.py

# Programs that check what lies in deploy/; built from their sources since nothing here runs what others built.
HELM_VERSION := v3.19.0
PROMTOOL_VERSION := v0.308.0
.PHONY: deploy-tools
deploy-tools: ## Build helm and promtool into .cache/bin, which takes minutes and needs Go; tests in tests/deploy use them
	mkdir -p .cache/bin .cache/promtool
	GOBIN=$(CURDIR)/.cache/bin go install helm.sh/helm/v3/cmd/helm@$(HELM_VERSION)
	cd .cache/promtool && { test -f go.mod || go mod init promtool; } \
	  && go get github.com/prometheus/prometheus/cmd/promtool@$(PROMTOOL_VERSION) \
	  && go build -tags remove_all_sd -o ../bin/promtool github.com/prometheus/prometheus/cmd/promtool

.PHONY: deploy-render
deploy-render: ## Write the base for kustomize again from the chart
	PATH="$(CURDIR)/.cache/bin:$$PATH" helm template flow-log-auditor deploy/chart --kube-version 1.30.0 \
	  > deploy/kustomize/base/auditor.yaml

.PHONY: check
check: $(STAMP) ## Lint, formatting, types, layers, spelling
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell

.PHONY: fmt
fmt: $(STAMP) ## Format the code and apply the safe fixes
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

.PHONY: lint
lint: $(STAMP) ## Lint, formatting, layers and spelling
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/codespell

.PHONY: type
type: $(STAMP) ## Check types
	$(BIN)/mypy

.PHONY: bench
bench: $(STAMP) ## Print all figures in one table, beside those of peers; BENCH=--quick for small inputs
	PYTHONPATH=. $(BIN)/python bench/table.py $(BENCH)

FUZZ_SECONDS ?= 60
.PHONY: fuzz
fuzz: $(STAMP) ## Fuzz the scanners against the exact readers, FUZZ_SECONDS a target; findings go to tests/fuzz/corpus
	PYTHONPATH=. $(BIN)/python tests/fuzz/run.py --seconds $(FUZZ_SECONDS)

.PHONY: lock
lock: $(STAMP) ## Make the hashed locks again from pyproject.toml
	$(COMPILE) --upgrade pyproject.toml --output-file requirements/run.txt
	$(COMPILE) --upgrade pyproject.toml --extra report --constraint requirements/run.txt \
	  --output-file requirements/image.txt
	$(COMPILE) --upgrade --group build --output-file requirements/build.txt
	$(COMPILE) --upgrade pyproject.toml --group test --group bench --group fuzz --group lint --group build \
	  --group lock \
	  --constraint requirements/image.txt --constraint requirements/build.txt --output-file requirements/dev.txt

.PHONY: clean
clean: ## Remove everything that the recipes above made, save .venv and demo/
	rm -rf .cache .coverage .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache dist
	find auditor kernels tests bench data -name __pycache__ -type d -prune -exec rm -rf {} +
