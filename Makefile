# Every target of the repository. `make` alone lists them. CONTRIBUTING.md says how to do the same without make.
PYTHON  ?= python3
PORT    ?= 3000
# Of a check or a publish: which domains, since which revision, and where to write what was found. The shell reads them, not
# make: a pipeline hands over what others have named, and make would run what stands in it.
DOMAINS ?=
BASE    ?=
SUMMARY ?=
JUNIT   ?=
# Whose teams own the domains: make owners ORGANISATION=acme
ORGANISATION ?= ORGANISATION
# Lets the UI end by itself: make ui UI_SECONDS=5
UI_SECONDS ?=

# What `make test-fast` leaves out of the tests of single modules: it runs Dagster, dbt or other commands, renders templates,
# reads whole domains, or tries hundreds of spoilt contracts.
SLOW        := mesh_isolation/test_sandbox.py mesh_isolation/test_seccomp.py mesh_capabilities/contract_exchange \
               mesh_capabilities/governance/catalog mesh_capabilities/scaffolding \
               mesh_capabilities/columns/test_mesh_lineage.py mesh_capabilities/governance/test_hostile_text.py \
               mesh_capabilities/governance/test_policy_commands.py mesh_capabilities/test_command_line.py \
               mesh_capabilities/test_compiled_models.py \
               mesh_capabilities/lifecycle/commands mesh_capabilities/portal/test_server.py \
               mesh_platform/cli/test_errors.py mesh_platform/contract/test_fuzz.py \
               mesh_platform/contract/test_any_quality_rule.py mesh_platform/dagster

HOME_FOLDER := $(or $(MESH_HOME),.mesh)
BIN         := .venv/bin
# A domain is not installed: its package may hold anything.
PACKAGES    := platform $(sort $(dir $(wildcard examples/*/pyproject.toml)))
STAMP       := .venv/.ready
INSTALLED   := .venv/.domains
DEPLOYED    := .venv/.deployed
LOCKED      := --universal --python-version 3.11 --upgrade --quiet --generate-hashes --no-emit-index-url --no-header \
	--no-annotate --no-strip-extras

.DEFAULT_GOAL := help
.PHONY: help setup run ui plan check publish deployment owners test test-fast test-core test-capabilities test-long test-attacks test-scaffold test-deploy chaos docs lint lock clean

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-17s %s\n", $$1, $$2}'

setup: $(INSTALLED)  ## prepare .venv from requirements.lock, and nothing else

run: setup  ## publish every product from the sources read last
	@$(BIN)/mesh run

ui: setup  ## serve the UI on PORT (3000)
	@$(BIN)/mesh ui --port $(PORT) $(if $(UI_SECONDS),--seconds $(UI_SECONDS))

plan: setup  ## list the domains that a change since BASE (main) affects, as JSON
	@$(BIN)/mesh check $$DOMAINS --plan --json $${BASE:+--base "$$BASE"}

check: setup  ## check a change since BASE (main) as CI does; SUMMARY and JUNIT name files for the result
	@$(BIN)/mesh check $$DOMAINS $${BASE:+--base "$$BASE"} $${SUMMARY:+--markdown "$$SUMMARY"} $${JUNIT:+--junit "$$JUNIT"}

publish: setup  ## publish the products of DOMAINS (all)
	@$(BIN)/mesh run $$DOMAINS --wait 600

deployment: setup  ## write what each domain of deploy/ may read, from the descriptors
	@$(BIN)/python deploy/reads.py --refresh

owners: setup  ## write .github/CODEOWNERS from the owners of the domains
	@$(BIN)/python .github/owners.py $(ORGANISATION)

# The core's tests run once, where no capability can be imported: what they show holds with capabilities, too. Those of the
# capabilities run where no domain can be read: what they show holds in a fork, too.
test: test-core test-capabilities  ## run the tests, except those with a target of their own
	@$(BIN)/python -m pytest --ignore tests/attacks --ignore tests/mesh_isolation --ignore tests/mesh_platform \
		-m "not ui and not scaffold and not deploy and not site and not long and not capability" \
		-q -n 2 --dist loadfile --no-loadscope-reorder

test-long: setup  ## run the tests that need a mesh of their own, or many runs of one
	@$(BIN)/python -m pytest --ignore tests/attacks --ignore tests/mesh_isolation --ignore tests/mesh_platform \
		--ignore tests/mesh_capabilities -m long -q -n 2 --dist loadfile --no-loadscope-reorder

test-attacks: setup  ## attempt to cross the borders of the mesh in every way that docs/security.md names
	@$(BIN)/python -m pytest tests/attacks -m "not ui" -q -n 2 --dist loadfile --no-loadscope-reorder

test-fast: setup  ## run the tests of single modules, in a minute: none that runs a mesh, Dagster, dbt or another command
	@$(BIN)/python -m pytest tests/mesh_isolation tests/mesh_platform tests/mesh_capabilities $(SLOW:%=--ignore tests/%) \
		-m "not deploy" -q -n 2 --dist loadfile

test-core: setup  ## run the core's tests where no capability can be imported
	@$(BIN)/python -m pytest tests/mesh_isolation tests/mesh_platform --without-capabilities -m "not deploy" -q -n 2 --dist loadfile

test-capabilities: setup  ## run the capabilities' tests where no domain can be read
	@$(BIN)/python -m pytest tests/mesh_capabilities --without-domains -m "not deploy" -q -n 2 --dist loadfile

test-scaffold: setup  ## grow domains in a copy of the mesh, update them, break them, and run them
	@$(BIN)/python -m pytest tests/scaffold -m scaffold -q -n 2 --dist loadfile

docs: setup  ## build the site of the documents into .mesh/site
	@$(BIN)/python docs/site/refresh.py
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --site-dir $(HOME_FOLDER)/site
	@echo "✔ open $(HOME_FOLDER)/site/index.html; its search needs a server: $(BIN)/python -m http.server -b 127.0.0.1 -d $(HOME_FOLDER)/site"

test-deploy: $(DEPLOYED)  ## test what deploy/ ships
	@$(BIN)/python -m pytest tests/deploy tests/mesh_capabilities/buckets -m deploy -q -n 2 --dist loadfile

chaos: setup  ## kill publishes and runs at random moments; writes tests/chaos/results.json
	@$(BIN)/python tests/chaos/run.py --to tests/chaos/results.json

lint: setup  ## check style, layers and imports
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@$(BIN)/lint-imports --no-cache

lock: setup  ## resolve the direct dependencies of pyproject.toml anew into requirements.lock
	@$(PYTHON) -m venv .venv-lock && .venv-lock/bin/pip install --quiet uv
	@.venv-lock/bin/uv pip compile pyproject.toml --group dev $(LOCKED) --output-file requirements.lock
	@.venv-lock/bin/uv pip compile pyproject.toml --group deployment -c requirements.lock $(LOCKED) \
		--output-file deploy/requirements.lock
	@.venv-lock/bin/uv pip compile pyproject.toml --group dev --group deployment --group test-deployment \
		-c requirements.lock -c deploy/requirements.lock $(LOCKED) --output-file deploy/test-requirements.lock
	@rm -rf .venv-lock

clean:  ## remove the state of the mesh (not .venv)
	@rm -rf $(HOME_FOLDER)

$(DEPLOYED): $(INSTALLED) deploy/test-requirements.lock
	@echo "installing what a deployment and its tests need"
	@$(BIN)/python -m pip install --disable-pip-version-check --quiet --require-hashes -r deploy/test-requirements.lock
	@touch $@

# The environment is as new as the files it is made of; a failed set-up leaves no stamp.
$(STAMP): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, found " + sys.version)'
	@echo "1/3 creating .venv"
	@$(PYTHON) -m venv --clear .venv
	@echo "2/3 installing the locked packages, at most $$(grep -c '^[A-Za-z0-9][^ ]*==' requirements.lock), about a minute"
	@{ $(BIN)/python -m pip install --disable-pip-version-check --progress-bar off --require-hashes \
		-r requirements.lock || touch .venv/.failed; } \
		| awk '/^Collecting/ { printf "%s%d", (n++ % 20 ? " " : "\n    "), n; fflush() } END { print "" }'
	@test ! -e .venv/.failed
	@touch $@

# Apart, so that a change of the platform's own package costs seconds.
$(INSTALLED): $(STAMP) platform/pyproject.toml $(wildcard platform/mesh_isolation/packages.py examples/*/pyproject.toml)
	@echo "3/3 installing the platform, editable"
	@rm -f .venv/lib/python*/site-packages/_mesh_domain_*.pth
	@$(BIN)/python -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation \
		$(foreach package,$(PACKAGES),--editable $(package))
# Each process imports the module already, which Python remarks on.
	@$(BIN)/python -W ignore::RuntimeWarning -m mesh_isolation.packages
	@touch $@

# The sample company has targets of its own while it is here.
-include examples/marketplace/targets.mk
