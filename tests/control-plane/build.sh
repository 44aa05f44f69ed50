#!/usr/bin/env bash
# Prints the directory of kube-apiserver, etcd and kubectl. The first run builds them from
# Go modules. Stdout has nothing else, so that
#
#     export KUBEBUILDER_ASSETS="$(tests/control-plane/build.sh)"
#
# works. A directory in KUBEBUILDER_ASSETS, for example of setup-envtest, is used
# unchanged. Arguments name further binaries. --built prints the directory if everything
# is built, else it fails at once:
#
#     tests/control-plane/build.sh kube-controller-manager
#     tests/control-plane/build.sh --built
#
# Only go is needed. The versions are those of go.mod beside this script.
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
may_build=yes
if [[ "${1:-}" == --built ]]; then
    may_build=no
    shift
fi
wanted=(etcd kube-apiserver kubectl "$@")

has_all() {
    local binary
    for binary in "${wanted[@]}"; do
        [[ -x "$1/$binary" ]] || return 1
    done
}

package_of() {
    case "$1" in
        etcd) echo go.etcd.io/etcd/server/v3 ;;
        kube-apiserver | kube-controller-manager | kubectl) echo "k8s.io/kubernetes/cmd/$1" ;;
        *)
            echo "build.sh: no such binary: $1 (known: etcd, kube-apiserver, kube-controller-manager, kubectl)" >&2
            return 1
            ;;
    esac
}

for binary in "${wanted[@]}"; do
    package_of "$binary" >/dev/null
done

if [[ -n "${KUBEBUILDER_ASSETS:-}" ]] && has_all "$KUBEBUILDER_ASSETS"; then
    echo "$KUBEBUILDER_ASSETS"
    exit
fi

version="$(awk '$1 == "k8s.io/kubernetes" { print $2; exit }' "$here/go.mod")"
pins="$(cat "$here/go.mod" "$here/go.sum" | cksum | cut -d' ' -f1)"
cache="${K8S_MONITOR_TEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/k8s-monitor}"
assets="$cache/control-plane-$version-$pins"

if has_all "$assets"; then
    echo "$assets"
    exit
fi
[[ "$may_build" == yes ]] || exit 1

command -v go >/dev/null || {
    echo "build.sh: go is needed to build kube-apiserver and etcd; install it, or set KUBEBUILDER_ASSETS" >&2
    exit 1
}

mkdir -p "$assets"
# The lock saves a second build. Without flock two concurrent runs are still correct,
# because each binary is moved to its place when it is complete.
if command -v flock >/dev/null; then
    exec 9>"$assets/.lock"
    flock 9
    if has_all "$assets"; then
        echo "$assets"
        exit
    fi
fi

building="$(mktemp -d "$assets/.building.XXXXXX")"
trap 'rm -rf "$building"' EXIT

major="${version#v}"
major="${major%%.*}"
minor="${version#v*.}"
minor="${minor%%.*}"
ldflags="-s -w"
for package in k8s.io/client-go/pkg/version k8s.io/component-base/version; do
    ldflags+=" -X $package.gitVersion=$version -X $package.gitMajor=$major -X $package.gitMinor=$minor"
    ldflags+=" -X $package.gitTreeState=archive -X $package.gitCommit=unknown"
done

missing=()
packages=()
for binary in "${wanted[@]}"; do
    [[ -x "$assets/$binary" ]] && continue
    missing+=("$binary")
    packages+=("$(package_of "$binary")")
done

echo "building ${missing[*]} $version into $assets (several minutes, once)" >&2
# 9>&-: processes that go leaves running must not inherit the lock.
(
    cd "$here"
    export CGO_ENABLED=0 GOFLAGS=-mod=readonly GOWORK=off
    go build -trimpath -ldflags "$ldflags" -o "$building/" "${packages[@]}"
) >&2 9>&-
# go names a binary after its package: etcd's is called server.
[[ ! -e "$building/server" ]] || mv "$building/server" "$building/etcd"
for binary in "${missing[@]}"; do
    mv -f "$building/$binary" "$assets/$binary"
done
echo "$assets"
