#!/usr/bin/env bash
# Packs a built binary with its completions, manual page, licence and list of
# dependencies:
#
#     packaging/dist.sh BINARY TARGET DIRECTORY
#
# writes DIRECTORY/k8s-monitor-VERSION-TARGET.tar.gz and DIRECTORY/SHA256SUMS. The same
# binary gives the same archive. Needs cargo, GNU tar and sha256sum.
set -euo pipefail
# The archive does not depend on the user or the time.
umask 022
export LC_ALL=C

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
binary="$(realpath "${1:?the binary}")"
target="${2:?its target, like x86_64-unknown-linux-musl}"
mkdir -p "${3:?the directory to write to}"
out="$(realpath "$3")"

version="$("$binary" --version | cut -d' ' -f2)"
name="k8s-monitor-$version-$target"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/$name/completions" "$work/$name/man"
cd "$work/$name"

install -m 755 "$binary" k8s-monitor
"$binary" completions bash >completions/k8s-monitor.bash
"$binary" completions zsh >completions/_k8s-monitor
"$binary" completions fish >completions/k8s-monitor.fish
"$binary" man >man/k8s-monitor.1
cp "$root"/{LICENSE,README.md,CHANGELOG.md,Cargo.lock} .
# The compiled dependencies with version and licence. Cargo.lock has the checksums.
cargo tree --manifest-path "$root/Cargo.toml" --locked --edges normal --target "$target" \
    --prefix none --no-dedupe --format '{p} {l}' |
    sed -E 's/ \((\/[^)]*|proc-macro)\)//g' | sort -u >dependencies.txt

cd "$work"
tar --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 -cf - "$name" |
    gzip -9 -n >"$out/$name.tar.gz"
cd "$out"
sha256sum k8s-monitor-*.tar.gz >SHA256SUMS
cat SHA256SUMS
