#!/usr/bin/env bash
# Style, types, the rooms' rules; the page's too if Node is there, and those of native/ if Rust is.
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
if command -v cargo >/dev/null 2>&1; then
  ! cargo fmt --version >/dev/null 2>&1 || cargo fmt --check --manifest-path native/Cargo.toml
  ! cargo clippy --version >/dev/null 2>&1 ||
    cargo clippy --quiet --release --manifest-path native/Cargo.toml -- --deny warnings
  cargo test --quiet --release --manifest-path native/Cargo.toml >/dev/null
fi
