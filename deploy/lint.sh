#!/usr/bin/env bash
# Style, types, the rooms' rules; the page's too if Node is there.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=.venv/bin
$bin/ruff check .
$bin/ruff format --check .
$bin/mypy
$bin/mypy -p examples
PYTHONPATH=client $bin/lint-imports
if command -v npm >/dev/null 2>&1; then
  (cd web && { [ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --silent; } && npm run --silent lint)
fi
