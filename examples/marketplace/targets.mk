# The targets of the sample company; the Makefile at the repository's root includes them.
ORDERS  ?= 10000
SEED    ?= 42
# Another number of orders makes another company, whose files may have any size.
ANOTHER := --accept-volume sales --accept-volume marketing --accept-volume finance

.PHONY: demo sources test-ui test-docs test-fork bench
demo: setup  ## generate the sample company, publish every product, serve the UI
	@$(BIN)/marketplace --orders $(ORDERS) --seed $(SEED)
	@$(BIN)/mesh run --source $(HOME_FOLDER)/sources $(ANOTHER)
	@$(BIN)/mesh ui --port $(PORT) $(if $(UI_SECONDS),--seconds $(UI_SECONDS))

sources: setup  ## generate the source files of the sample company
	@$(BIN)/marketplace --orders $(ORDERS) --seed $(SEED)

# A mesh that has never read a source folder reads the sample company.
ifeq ($(MESH_SOURCE)$(wildcard $(HOME_FOLDER)/source $(HOME_FOLDER)/sources),)
run: sources
endif

test-ui: setup  ## drive the UI in a headless Chromium (Debian package chromium)
	@$(BIN)/python -m pytest tests/ui -m ui -q -n 2 --dist loadfile

test-docs: setup  ## run what every page of the site shows, and compare the output
	@$(BIN)/python -m pytest tests/docs -m site -q

test-fork: setup  ## adopt a copy of the repository, and run the tests of what is left
	@$(BIN)/python tests/scaffold/fork.py

bench: setup  ## measure what the platform costs, beside other tools, into bench; half an hour or more
	@$(BIN)/python bench/run.py
	@$(BIN)/python bench/gate_run.py
	@$(BIN)/python bench/catalog/run.py
	@$(BIN)/python bench/monolith_run.py
	@$(BIN)/python bench/check_run.py
	@$(BIN)/python bench/borders_run.py
	@$(BIN)/python bench/newcomer_run.py
