#!/usr/bin/env bash
# Build the page into the gateway's static folder, if it is not newer than its sources already.
set -euo pipefail
cd "$(dirname "$0")/../web"
built=../ingest_api/static/index.html

if ! command -v npm >/dev/null 2>&1; then
  [ -f "$built" ] || echo "Node is not here, so the page is not built; the API works all the same (Node 20 brings the page)" >&2
  exit 0
fi
if [ -f "$built" ] && [ -z "$(find . -path ./node_modules -prune -o -type f -newer "$built" -print -quit)" ]; then
  exit 0
fi
echo "building the page …" >&2
[ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --silent
npm run --silent build
touch "$built"
