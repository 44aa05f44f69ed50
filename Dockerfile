# One static binary and nothing else: no shell, no libraries, no package manager. Trusted
# roots and time zones are compiled in; the cluster's own CA comes with its token.
#
# The base is pinned by the digest of its multi-platform index. To move on, look up
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
      org.opencontainers.image.description="Looks at a K3s cluster and says what is wrong that matters" \
      org.opencontainers.image.licenses="MIT"
COPY --from=build /k8s-monitor /k8s-monitor
# A number, so that runAsNonRoot can be checked; the same as in deploy/base/cronjob.yaml.
USER 65532:65532
ENTRYPOINT ["/k8s-monitor"]
CMD ["--help"]
