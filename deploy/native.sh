#!/usr/bin/env bash
# Build the quick TLS engine (native/) into the virtual environment $1, unless it is newer than its sources already.
# Without Rust, or where it does not build, probes speak TLS by OpenSSL alone. In CI that is an error.
set -euo pipefail
cd "$(dirname "$0")/.."
venv=$1

without() {
  rm -f "$built" 2>/dev/null || true # an older one is not what this says, and may not fit
  echo "$1, so probes speak TLS by OpenSSL alone; all works, and checks of HTTPS cost twice as much" >&2
  [ "${CI:-}" != true ] || exit 1
  exit 0
}

site=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("platlib"))')
built=$site/vedette_tls.abi3.so
if [ -f "$built" ] && [ -z "$(find native/src native/Cargo.toml -newer "$built" -print -quit)" ]; then
  exit 0
fi
target=${CARGO_TARGET_DIR:-native/target}
command -v cargo >/dev/null 2>&1 || without "Rust is not here"
command -v cc >/dev/null 2>&1 || without "a C compiler is not here"
echo "building the quick TLS engine …" >&2
cargo build --quiet --release --manifest-path native/Cargo.toml --target-dir "$target" ||
  without "the quick TLS engine does not build"
[ -f "$target/release/libvedette_tls.so" ] || without "this is no Linux"
# Under a new name first: a process may have the old one open.
cp "$target/release/libvedette_tls.so" "$built.new" || without "$site cannot be written"
mv "$built.new" "$built"
