#!/usr/bin/env bash
# Make stand-ins for the servers' images under the names that deploy/compose.yaml uses, from the testbed's cache.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

image() { sed -n "s|^ *image: \($1:.*\)|\1|p" deploy/compose.yaml; }

# build <image> <folder>: from that folder's Dockerfile and what was put beside it.
build() {
  echo "making $1 …" >&2
  cp -R "$here/$2/." "$work/$2"
  chmod -R go+rX "$work/$2"
  docker build --quiet --network host --tag "$1" "$work/$2" >/dev/null
}

# cached <thing>: its path in the testbed's cache, where it is put if need be.
cached() {
  .venv/bin/python -c 'import sys; from deploy.testbed.bed import default_cache; from deploy.testbed.installing import Cache
print(getattr(Cache(default_cache()), sys.argv[1])())' "$1"
}

mkdir "$work/kafka" "$work/timescaledb" "$work/objects"
name=$(image apache/kafka)
if ! docker image inspect "$name" >/dev/null 2>&1; then
  cp -R "$(cached kafka)" "$work/kafka/jars"
  build "$name" kafka
fi
name=$(image versity/versitygw)
if ! docker image inspect "$name" >/dev/null 2>&1; then
  cp "$(cached s3)" "$work/objects/versitygw"
  build "$name" objects
fi
name=$(image timescale/timescaledb)
docker image inspect "$name" >/dev/null 2>&1 || build "$name" timescaledb
