# The one place of commands. On a fresh Debian with Rust: `make demo` shows the product, `make test` proves it.

SETUP := tests/engines/setup

.PHONY: demo test check bench update help

help:
	@echo 'make demo    converts three example scripts, builds the dbt project on DuckDB, shows the rows'
	@echo 'make test    installs the engines once, then runs every check and test'
	@echo 'make check   the fast part, for daily work: format, lints, unit tests, architecture, fixtures'
	@echo 'make bench   conversion against only tokenizing and parsing the same bytes'
	@echo 'make update  rewrites the expected files of the fixtures (REFRACT_CASE=part-of-a-name selects)'

demo:
	@tests/engines/demo

test:
	$(SETUP) all
	cargo fmt --check
	cargo clippy --all-targets --quiet -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc --no-deps --quiet
	cargo test

check:
	@$(SETUP) system >/dev/null
	cargo fmt --check
	cargo clippy --all-targets --quiet -- -D warnings
	cargo test --quiet --lib
	cargo test --quiet --test it -- --skip execution

bench:
	@$(SETUP) system >/dev/null
	cargo bench --bench ratio

update:
	@$(SETUP) all >/dev/null
	REFRACT_UPDATE=1 cargo test --quiet --test it -- fixtures
