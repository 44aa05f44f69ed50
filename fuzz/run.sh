#!/usr/bin/env bash
# Fuzzes targets, TIME seconds each: fuzz/run.sh [TARGET...]
#
# Seeds are files of the tests and the documentation. Findings are written to
# fuzz/artifacts, new inputs to fuzz/corpus.
set -euo pipefail
cd "$(dirname "$0")/.."

command -v cargo-fuzz >/dev/null || cargo install --locked cargo-fuzz
fuzz=(cargo fuzz)
if cargo +nightly --version >/dev/null 2>&1; then
  fuzz=(cargo +nightly fuzz)
else
  export RUSTC_BOOTSTRAP=1
fi
# Temporary archives in memory.
[ ! -d /dev/shm ] || export TMPDIR=/dev/shm
# No sanitizer: the code is safe Rust.
build=(--release --debug-assertions --sanitizer none)

# The folders with seeds for a target.
seeds() {
  case "$1" in
    api) echo tests/fixtures/detect tests/fixtures/diagnose ;;
    archive) echo fuzz/corpus/dumps ;;
    config) echo deploy docs ;;
    redact) echo docs tests/fixtures/dumps ;;
    services) echo docs/reference tests/fixtures/detect ;;
  esac
}

pack_dumps() {
  mkdir -p fuzz/corpus/dumps
  for dump in docs/example/homelab tests/fixtures/dumps/*/; do
    packed="fuzz/corpus/dumps/$(basename "$dump")"
    tar -cf "$packed.tar" -C "$dump" .
    tar -czf "$packed.tar.gz" -C "$dump" .
  done
}

pack_dumps
[ $# -gt 0 ] || set -- $("${fuzz[@]}" list)
for target in "$@"; do
  mkdir -p "fuzz/corpus/$target"
  limits=(-max_total_time="${TIME:-60}" -timeout=10 -rss_limit_mb=2048)
  case "$target" in
    # A truncated document is not a document.
    answers | patches | state) limits+=(-max_len=32768 -len_control=0) ;;
    notify) limits+=(-max_len=1024 -len_control=0) ;;
    archive) limits+=(-max_len=65536) ;;
    redact) limits+=(-max_len=4096) ;;
  esac
  [ ! -f "fuzz/dict/$target.dict" ] || limits+=(-dict="fuzz/dict/$target.dict")
  # shellcheck disable=SC2046 # folders without blanks
  "${fuzz[@]}" run "${build[@]}" "$target" "fuzz/corpus/$target" $(seeds "$target") -- "${limits[@]}"
done
