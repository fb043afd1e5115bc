#!/usr/bin/env bash
# Sets up and runs every test; the last line is "N passed, N failed" (and ", N skipped"). Fails when anything failed.
#
#   scripts/test.sh              everything but the nightly sizes; under 30 minutes
#   scripts/test.sh --quick      the daily subset, under two minutes: no *.slow.test.ts, small samples, no docs
#
# Logs and counts of each step are in build/test/. PERSIMMONS_TESTS=quick|full tells tests how large a sample to take;
# PERSIMMONS_TEST_PYTHON names the interpreter with the referees. With CI=true a skipped test is a failure.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

export PERSIMMONS_TESTS=full
for argument in "$@"; do
  case "$argument" in
    --quick) PERSIMMONS_TESTS=quick ;;
    *) echo "usage: scripts/test.sh [--quick]" >&2; exit 2 ;;
  esac
done

unset FORCE_COLOR
export NO_COLOR=1 # the output goes to logs

results=$PWD/build/test
rm -rf "$results"
mkdir -p "$results"

# run NAME COMMAND...: output to the log, and to the terminal where it failed; the exit status in $status.
run() {
  local name=$1 start=$SECONDS
  shift
  "$@" > "$results/$name.log" 2>&1 < /dev/null
  status=$?
  if [ "$status" -eq 0 ]; then
    printf '%-8s ok      %4d s\n' "$name" $((SECONDS - start))
  else
    printf '%-8s FAILED  %4d s  (exit status %d, %s)\n' "$name" $((SECONDS - start)) "$status" "build/test/$name.log"
    tail -n 60 "$results/$name.log" | sed 's/^/    /'
  fi
}
# step NAME COMMAND...: a command that passes or fails as a whole.
step() { run "$@"; node scripts/count-results.mjs status "$1" "$status" "$results/$1.result.json"; }
finish() { node scripts/count-results.mjs sum "$results"; exit $?; }

step setup scripts/setup-tests.sh
if [ "$status" -ne 0 ]; then finish; fi
# With CI=true the set-up has failed by now if it had to leave anything out.
node scripts/count-results.mjs skipped build/setup/skipped.txt "$results/skipped.result.json"

python=$PWD/.venv/bin/python
if [ -x "$python" ]; then export PERSIMMONS_TEST_PYTHON=$python; fi

step build npm run --silent build
step tsc npx tsc -p tsconfig.json --noEmit
step biome npx biome ci --colors=off .
step layers node scripts/check-layers.mjs

exclude=()
if [ "$PERSIMMONS_TESTS" = quick ]; then exclude=(--exclude '**/*.slow.test.ts'); fi
run vitest npx vitest run --dir tests "${exclude[@]}" --reporter=default --reporter=json --outputFile.json="$results/vitest.json"
node scripts/count-results.mjs vitest "$results/vitest.json" "$status" "$results/vitest.result.json"

if [ -d python/tests ]; then
  run python env PYTHONPATH=python "$python" -m pytest -q -p no:cacheprovider --junitxml="$results/python.xml" python/tests
  node scripts/count-results.mjs junit "$results/python.xml" "$status" "$results/python.result.json"
fi

if [ "$PERSIMMONS_TESTS" = full ]; then
  run docs node scripts/run-docs.mjs --result "$results/docs.result.json"
  if [ ! -e "$results/docs.result.json" ]; then
    node scripts/count-results.mjs status docs "$status" "$results/docs.result.json"
  fi
fi

finish
