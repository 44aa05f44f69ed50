#!/usr/bin/env bash
# Installs what the tests need beside Rust, and prints the Python that has the packages:
#
#     export K8S_MONITOR_PYTHON="$(tests/tools/install.sh)"
#
# System packages need root and apt-get (Debian, Ubuntu); those that are on PATH are not
# installed again. The Python packages go to a virtual environment below the target folder.
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"

# command=package
wanted=(
    chromium-headless-shell=chromium-headless-shell # the HTML report
    promtool=prometheus                             # metrics and alert rules
    mandoc=mandoc                                   # the manual page
    zsh=zsh                                         # completions
    fish=fish
    script=bsdutils                                 # output on a terminal
    git=git                                         # the history behind the GitHub stub
)

missing=()
for entry in "${wanted[@]}"; do
    command -v "${entry%%=*}" >/dev/null || missing+=("${entry#*=}")
done
if [ "${#missing[@]}" -gt 0 ]; then
    echo "installing ${missing[*]}" >&2
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        echo "install.sh: needs root and apt-get; install by hand: ${missing[*]}" >&2
        exit 1
    fi
    export DEBIAN_FRONTEND=noninteractive
    { apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >&2
fi

environment="${CARGO_TARGET_DIR:-$here/../../target}/test-python"
python="$environment/bin/python"
if ! cmp -s "$here/requirements.txt" "$environment/installed.txt"; then
    python3 -m venv --clear "$environment" >&2
    "$python" -m pip install --quiet --disable-pip-version-check -r "$here/requirements.txt" >&2
    cp "$here/requirements.txt" "$environment/installed.txt"
fi
realpath --no-symlinks "$python"
