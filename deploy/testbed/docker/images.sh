#!/usr/bin/env bash
# Build Vedette's own images as deploy/compose.yaml names them. The build uses this host's network: a bridge may not
# reach what the packages come from.
set -euo pipefail
cd "$(dirname "$0")/../../.."
version=${VEDETTE_VERSION:-0.1.0}
for target in agent probe server; do
  echo "building vedette-$target:$version …" >&2
  docker build --quiet --network host --file deploy/Dockerfile --build-arg "VERSION=$version" --target "$target" \
    --tag "vedette-$target:$version" . >/dev/null
done
