# On a fresh machine each target first makes a virtual environment with what it needs; nothing is done twice.
# Variables are given on the command line: make cluster DUMP=news.jsonl OUT=stories.jsonl

PYTHON ?= python3
VENV   ?= .venv
DUMP   ?= data/
OUT    ?=
TEXT   ?= Netanyahu meets Trump in Washington
INDEX  ?= $(CLUSTERER_INDEX)
MODEL  ?=
GOLD   ?= story
MATERIAL ?= ../shared/train
PEERS  ?=

# Without INDEX, a dump of one's own goes to news.index and the sample to sample.index, so that they never mix;
# `similar` and `reindex` take news.index where it is there.
own_dump   := $(filter-out file,$(origin DUMP))
dump_index := $(if $(own_dump),news.index,sample.index)
made_index := $(if $(wildcard news.index),news.index,sample.index)

# Values reach the shell as its own variables and never as text of a command: no quote, space or $ in them does harm.
export GIVEN_DUMP  := $(value DUMP)
export GIVEN_OUT   := $(value OUT)
export GIVEN_TEXT  := $(value TEXT)
export GIVEN_MODEL := $(value MODEL)
export GIVEN_GOLD  := $(value GOLD)
export GIVEN_PEERS := $(value PEERS)
export GIVEN_INDEX := $(INDEX)

python    := $(VENV)/bin/python
clusterer := $(VENV)/bin/clusterer
installed := $(VENV)/.installed
developer := $(VENV)/.installed-dev
pip       := $(python) -m pip install --quiet --disable-pip-version-check -c constraints.txt
with_model := $${GIVEN_MODEL:+--model "$$GIVEN_MODEL"}

choose_index = index="$${GIVEN_INDEX:-$(made_index)}"; \
	if [ ! -e "$$index" ]; then $(clusterer) index data/ --index "$$index" $(with_model) || exit; fi

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: setup cluster similar index reindex evaluate test check bench bench-large model deep-model help clean

setup: $(installed) ## Make the virtual environment .venv with everything that is needed

cluster: $(installed) ## Cluster DUMP into stories: shown, or written to OUT; kept in INDEX if that is given
	@if [ -n "$$GIVEN_OUT" ]; then mkdir -p "$$(dirname "$$GIVEN_OUT")"; fi
	@$(clusterer) cluster "$$GIVEN_DUMP" $${GIVEN_OUT:+-o "$$GIVEN_OUT"} $${GIVEN_INDEX:+--index "$$GIVEN_INDEX"} $(with_model)

similar: $(installed) ## Find the articles of INDEX that resemble TEXT; the sample's index is built if there is none
	@$(choose_index); $(clusterer) similar --index "$$index" -- "$$GIVEN_TEXT"

index: $(installed) ## Add the articles of DUMP to INDEX, or update them
	@$(clusterer) index "$$GIVEN_DUMP" --index "$${GIVEN_INDEX:-$(dump_index)}" $(with_model)

reindex: $(installed) ## Make INDEX anew, with MODEL if that is given; the sample's index is built if there is none
	@$(choose_index); $(clusterer) reindex --index "$$index" $(with_model)

evaluate: $(installed) ## Hold quality against its floors, or score the stories of DUMP against the field GOLD
	@$(if $(own_dump),$(clusterer) evaluate "$$GIVEN_DUMP" --gold "$$GIVEN_GOLD" $(with_model),$(python) -m benchmarks.gate)

test: $(developer) ## Run the tests, but for the slow ones
	$(python) -m pytest -m "not slow"

check: $(developer) ## Run linter, format and type checks, tests, and the quality gate
	$(python) -m ruff check .
	$(python) -m ruff format --check .
	$(python) -m mypy
	$(python) -m pytest -m "not slow"
	$(python) -m benchmarks.gate

bench: $(developer) ## Measure speed, memory and quality on small dumps, in some minutes
	$(python) -m benchmarks
	$(python) -m benchmarks.growth --sizes 10000 31600 --plot build/growth/small.svg

bench-large: $(developer) ## Measure growth to a million articles, and with PEERS (a Python that has them) the peers
	$(python) -m benchmarks.growth
	@if [ -n "$$GIVEN_PEERS" ]; then $(python) -m benchmarks.size_peers --peers "$$GIVEN_PEERS" && \
		$(python) -m benchmarks.size_duplicates --peers "$$GIVEN_PEERS"; fi

define prepare_teacher
	$(pip) -e '.[dev,training]'
	@test -d build/models/e5 || $(python) tests/e5_folder.py build/models/e5
endef

model: $(developer) ## Make the bundled model anew from MATERIAL: more than an hour on two cores
	$(prepare_teacher)
	$(python) -m training --material "$(MATERIAL)" --teacher build/models/e5

deep-model: $(developer) ## Make the deeper bundled model anew from MATERIAL: more than two hours on two cores
	$(prepare_teacher)
	$(python) -m training.deep --material "$(MATERIAL)" --teacher build/models/e5

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
	@echo
	@echo "Variables: DUMP OUT TEXT INDEX MODEL GOLD MATERIAL PEERS PYTHON, as in: make cluster DUMP=news.jsonl OUT=stories.jsonl"

clean: ## Remove what builds and tests leave behind; never an index, nor .venv
	@rm -rf build/lib build/bdist.* dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@rmdir build 2>/dev/null || true
	@find clusterer tests training benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

$(installed): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or later is needed: make PYTHON=python3.12" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(pip) -e .
	@touch $@

$(developer): $(installed)
	$(pip) -e '.[dev]'
	@touch $@
