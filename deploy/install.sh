#!/usr/bin/env bash
# Make the virtual environment $1 with what the lock file $2 names: by uv if it is there, else by a suitable Python.
set -euo pipefail
venv=$1
lock=$2
cd "$(dirname "$0")/.."

suitable() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 13))' 2>/dev/null; }

if [ -x "$venv/bin/python" ] && suitable "$venv/bin/python"; then
  python=
else
  rm -rf "$venv"
  python=
  seen=
  for candidate in ${PYTHON:-} python3.12 python3.11 python3 python; do
    if command -v "$candidate" >/dev/null 2>&1; then
      if suitable "$candidate"; then
        python=$candidate
        break
      fi
      version=$("$candidate" -V 2>&1 | head -n 1) || version="does not run"
      seen="$seen  $candidate: $version"$'\n'
    fi
  done
  if [ -z "$python" ] && ! command -v uv >/dev/null 2>&1; then
    printf 'error: Vedette needs Python 3.11 or 3.12, or uv, which can bring one. Found:\n%s' "${seen:-  no Python at all$'\n'}" >&2
    printf 'Install one of them, or name it: make up PYTHON=/path/to/python3.12\n' >&2
    exit 1
  fi
fi

echo "installing into $venv …" >&2
if command -v uv >/dev/null 2>&1; then
  [ -x "$venv/bin/python" ] || uv venv --quiet --python "${python:-3.12}" "$venv"
  uv pip install --quiet --compile-bytecode --python "$venv/bin/python" -r "$lock"
  uv pip install --quiet --python "$venv/bin/python" --no-deps -e .
else
  if [ ! -x "$venv/bin/python" ]; then
    "$python" -m venv "$venv" || {
      printf 'error: %s cannot make a virtual environment; on Debian: apt-get install python3-venv\n' "$python" >&2
      exit 1
    }
  fi
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check -r "$lock"
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps -e .
fi
