#!/usr/bin/env bash
# Builds the container image with the first engine that works:
#
#     packaging/image.sh NAME:TAG
#
# CONTAINER_ENGINE selects one. Without any engine the exit status is 1.
set -euo pipefail

image="${1:?the image, like k8s-monitor:0.1.0}"
cd "$(dirname "${BASH_SOURCE[0]}")/.."

for engine in ${CONTAINER_ENGINE:-docker podman nerdctl}; do
    # `--version` works without a running engine, `info` does not.
    if command -v "$engine" >/dev/null && "$engine" info >/dev/null 2>&1; then
        echo "$engine build --tag $image ." >&2
        exec env DOCKER_BUILDKIT=1 "$engine" build --tag "$image" .
    fi
done
echo "no container engine works (tried ${CONTAINER_ENGINE:-docker, podman, nerdctl}):" \
    "the image $image was not built" >&2
exit 1
