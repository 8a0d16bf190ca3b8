# The one place of commands. On a fresh Debian with Rust: `make demo` shows the product, `make test` proves it.

SETUP := tests/engines/setup
ENGINES := $(or $(REFRACT_ENGINES),$(HOME)/.cache/refract/engines)
AIRFLOW := $(ENGINES)/airflow2/bin/python $(ENGINES)/airflow3/bin/python

.PHONY: demo test check bench update update-tables projects advice successors folder help

help:
	@echo 'make demo    converts three example scripts, builds the dbt project on DuckDB, shows the rows'
	@echo 'make test    installs the engines once, then runs every check and test'
	@echo 'make check   the fast part, for daily work: format, lints, unit tests, architecture, fixtures'
	@echo 'make projects  every emitted project: parsed by dbt Core and dbt v2 without a warning, compiled for four'
	@echo '               warehouses, built with rows and documented on DuckDB (some ten minutes),'
	@echo '               generated text against SQLFluff; runs over an edited project, ended everywhere'
	@echo 'make advice EVALUATOR=DIR UTILS=DIR   dbt Project Evaluator over the fixtures; clones of dbt-labs/dbt-project-evaluator'
	@echo '               and dbt-labs/dbt-utils (docs/best-practice.md lists the exceptions)'
	@echo 'make successors  the successor DAG of every fixture, loaded by Airflow 2.10 and 3.3 (AIRFLOW="PYTHON PYTHON" names others)'
	@echo 'make folder  the audit of 200 generated DAGs and procedures as one folder, timed in a release build'
	@echo 'make bench   conversion against only tokenizing and parsing the same bytes'
	@echo 'make update  rewrites the expected files of the fixtures and the pages of docs/ that are made from tables'
	@echo '             (REFRACT_CASE=part-of-a-name selects); make update-tables runs the originals for expected/tables'

demo:
	@tests/engines/demo

test:
	$(SETUP) all
	cargo fmt --check
	cargo clippy --all-targets --quiet -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc --no-deps --quiet
	cargo test
	tests/projects/check parse
	tests/projects/check init
	tests/pandas/names
	tests/pandas/compare
	tests/pandas/python_models
	tests/browser/run 500
	tests/openlineage/run
	tests/pandas/generated --count 150 --seed 11 --batch 50

check:
	@$(SETUP) system >/dev/null
	cargo fmt --check
	cargo clippy --all-targets --quiet -- -D warnings
	cargo test --quiet --lib
	cargo test --quiet --test it -- --skip execution

projects:
	@$(SETUP) all >/dev/null
	cargo build --quiet
	tests/projects/check parse
	tests/projects/check init
	tests/projects/check compile
	tests/projects/check docs
	tests/projects/again
	tests/projects/check style

advice:
	@$(SETUP) all >/dev/null
	cargo build --quiet
	tests/projects/check advice --evaluator $(EVALUATOR) --utils $(UTILS)

successors:
	@$(SETUP) airflow >/dev/null
	cargo build --quiet
	tests/airflow/successors $(addprefix --python ,$(AIRFLOW)) fixtures/airflow/* fixtures/demo/hotel fixtures/shared/three_scripts_one_mart

folder:
	@$(SETUP) system >/dev/null
	cargo build --release --quiet
	tests/airflow/folder

bench:
	@$(SETUP) system >/dev/null
	cargo bench --bench ratio

update:
	@$(SETUP) system >/dev/null
	REFRACT_UPDATE=1 cargo test --quiet --test it -- fixtures:: docs::

update-tables:
	@$(SETUP) all >/dev/null
	REFRACT_UPDATE=1 cargo test --quiet --test it -- execution::
