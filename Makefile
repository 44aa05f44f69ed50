# `make help` lists what there is.

CARGO ?= cargo
SKIPPED := $(or $(CARGO_TARGET_DIR),target)/tmp/skipped
EXAMPLE := docs/example/homelab
VERSION := $(shell sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
IMAGE ?= k8s-monitor:$(VERSION)
TARGET ?= $(shell rustc -vV | sed -n 's/^host: //p')
# The builder's home directory must not be in the binary.
REMAP = target.$(TARGET).rustflags=["--remap-path-prefix=$(or $(CARGO_HOME),$(HOME)/.cargo)=/cargo"]

.DEFAULT_GOAL := build
.PHONY: build release demo playground test test-cluster lint deny fuzz fuzz-check bench bench-diagnosis example image dist clean help

build: ## Build the program (debug)
	$(CARGO) build

release: ## Build the program as it is released
	$(CARGO) build --release

demo: ## Evaluate the example dump of a homelab, without a cluster
	$(CARGO) run --quiet -- run --snapshot $(EXAMPLE) --exit-zero

playground: ## Serve a healthy homelab on a real API server to try commands (K8S_MONITOR_PLAYGROUND=outage: mysql is down)
	@assets="$$(tests/control-plane/build.sh)" && \
	KUBEBUILDER_ASSETS="$$assets" $(CARGO) test --quiet --test cluster playground -- --ignored --nocapture

# More tests at once than processors: most of them wait for a program or a server.
test: export RUST_TEST_THREADS ?= 8
test: ## All tests without a cluster; tests/tools/install.sh installs what some of them need besides Rust
	@rm -f $(SKIPPED)
	@status=0; $(CARGO) test || status=$$?; \
	if [ -s $(SKIPPED) ]; then printf '\nskipped:\n'; sort $(SKIPPED) | sed 's/^/  /'; fi; \
	exit $$status

test-cluster: ## Tests against a real kube-apiserver and etcd (KUBEBUILDER_ASSETS, else built once with Go)
	@assets="$$(tests/control-plane/build.sh)" && \
	KUBEBUILDER_ASSETS="$$assets" $(CARGO) test --test cluster

lint: ## Format, lints and documentation, as CI checks them
	$(CARGO) fmt --check
	$(CARGO) clippy --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --no-deps

deny: ## Licences, bans, duplicates and advisories of all dependencies (deny.toml)
	packaging/deny.sh

fuzz: ## Fuzz all targets, or some: make fuzz TIME=60 TARGETS="api state"
	TIME="$(or $(TIME),60)" fuzz/run.sh $(TARGETS)

# With a path to libFuzzer it is not compiled; nothing is linked here.
fuzz-check: ## Compile the fuzz targets, in the target folder of the program
	$(CARGO) fmt --manifest-path fuzz/Cargo.toml --check
	CUSTOM_LIBFUZZER_PATH=/none/libfuzzer.a \
	$(CARGO) clippy --manifest-path fuzz/Cargo.toml --target-dir "$${CARGO_TARGET_DIR:-target}" -- -D warnings

example: ## Write the example dump again, from the control plane
	@assets="$$(tests/control-plane/build.sh)" && \
	KUBEBUILDER_ASSETS="$$assets" $(CARGO) test --test cluster example -- --ignored

bench: release ## Measure the budgets: compared with kubectl on a real API server, and with 150 000 pods
	@assets="$$(tests/control-plane/build.sh)" && \
	KUBEBUILDER_ASSETS="$$assets" K8S_MONITOR_BENCH_PROGRAM="$(CURDIR)/target/release/k8s-monitor" \
	$(CARGO) test --test cluster bench::budgets -- --ignored --nocapture

bench-diagnosis: ## Evaluate a folder of recorded faults: make bench-diagnosis DIR=...
	K8S_MONITOR_BENCH_CASES="$(abspath $(DIR))" $(CARGO) test --test rules recorded_faults -- --nocapture

image: ## Build the container image; needs a container engine (IMAGE=name:tag)
	packaging/image.sh $(IMAGE)

dist: ## Pack the stripped binary with completions and manual into dist/ (TARGET=x86_64-unknown-linux-musl: static)
	$(CARGO) build --release --locked --target $(TARGET) --config '$(REMAP)'
	packaging/dist.sh $${CARGO_TARGET_DIR:-target}/$(TARGET)/release/k8s-monitor $(TARGET) dist

clean: ## Remove what was built
	$(CARGO) clean
	rm -rf dist

help: ## This list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*##/\t/' | expand -t 18
