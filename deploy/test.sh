#!/usr/bin/env bash
# All checks and tests. In CI (CI=true) a missing part is a failure; at home it skips what needs it, and says so.
set -euo pipefail
cd "$(dirname "$0")/.."
have_npm=$(command -v npm || true)
if [ -z "$have_npm" ] && [ "${CI:-}" = true ]; then
  echo "error: npm is not here; in CI the page's checks must run (install Node 20)" >&2
  exit 1
fi
testbed=""
if [ "${VEDETTE_TESTBED:-}" = native ] && [ -z "${VEDETTE_TESTBED_FOLDER:-}" ]; then
  # The servers come up while the checks run; the tests wait for them. They are taken down however this ends.
  VEDETTE_TESTBED_FOLDER=$(mktemp -d)
  export VEDETTE_TESTBED_FOLDER
  deploy/testbed/up >/dev/null &
  testbed=$!
  trap 'wait "$testbed" || true; deploy/testbed/down' EXIT
fi
deploy/lint.sh
if [ -n "$have_npm" ]; then
  (cd web && npm test --silent)
else
  echo "skipped: the page's checks (npm is not here; they need Node 20)" >&2
fi
if [ -n "$testbed" ]; then
  wait "$testbed" # if the testbed does not come up, it has said why, and no test is run
fi
# Most of the time tests wait for processes to start, die and come back: several wait at once. A file stays together.
# Those that run whole installations, and kill servers under load, come afterwards: two files at a time.
ended=0
run() { # at most so many minutes, with these arguments
  local code=0 minutes=$1
  shift
  # A test that hangs fails by itself (see pyproject.toml); what hangs beyond that ends with a word, and the rest is run.
  local limit=()
  ! command -v timeout >/dev/null || limit=(timeout --signal=INT --kill-after=60 "${minutes}m")
  ${limit[@]+"${limit[@]}"} .venv/bin/pytest --durations=30 "$@" || code=$?
  [ "$code" -ne 124 ] || echo "error: the tests were stopped after $minutes minutes" >&2
  [ "$code" -eq 5 ] && return # of the tests that were asked for, none is of this part
  some=1
  [ "$code" -eq 0 ] || ended=$code
}
some=0
run 45 -m "not (e2e or failures)" --numprocesses "${VEDETTE_TEST_WORKERS:-3}" --dist loadfile "$@"
run 38 -m "e2e or failures" --numprocesses "${VEDETTE_TEST_INSTALLATIONS:-2}" --dist loadfile "$@"
if [ "$some" -eq 0 ]; then
  echo "error: no test was found for: $*" >&2
  exit 5
fi
exit "$ended"
