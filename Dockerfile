# The image contains only a static binary. Trusted root certificates and time zones are compiled in.
# The CA of the cluster is mounted with the service account token.
#
# The base is pinned by the digest of its multi-platform index. To update it, run
#   docker buildx imagetools inspect rust:VERSION-alpineVERSION
# and change tag and digest together.
FROM rust:1.95.0-alpine3.23@sha256:606fd313a0f49743ee2a7bd49a0914bab7deedb12791f3a846a34a4711db7ed2 AS build
# ring compiles C.
RUN apk add --no-cache musl-dev
WORKDIR /src
COPY . .
# Alpine's own target is musl, which links statically.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked && cp target/release/k8s-monitor /k8s-monitor

FROM scratch
LABEL org.opencontainers.image.title="k8s-monitor" \
      org.opencontainers.image.description="Checks a K3s cluster: what is wrong, why, and how severe it is" \
      org.opencontainers.image.licenses="MIT"
COPY --from=build /k8s-monitor /k8s-monitor
# A numeric id, which runAsNonRoot needs. The same as in deploy/base/cronjob.yaml.
USER 65532:65532
ENTRYPOINT ["/k8s-monitor"]
CMD ["--help"]
