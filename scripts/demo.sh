#!/usr/bin/env bash
# The whole way in one minute, on a machine with Node 20 and no compiler: compiles a trained network that reads handwritten
# digits to WebAssembly, runs it in the sandbox on twenty images it has never seen, and shows what happened.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf '\n== %s (%d s)\n' "$*" "$SECONDS"; }
persimmons() { node dist/cli/main.js "$@"; }

if ! node -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 20 ? 0 : 1)'; then
  echo "Node 20 or newer is needed; this is $(node --version 2> /dev/null || echo 'no Node at all')" >&2
  exit 2
fi

if ! node scripts/npm-is-current.mjs; then
  say "npm ci"
  npm ci --no-audit --no-fund
fi
say "npm run build"
npm run --silent build

work=build/demo
rm -rf "$work"
mkdir -p "$work"

say "persimmons export models/digits.onnx --target wasm32"
persimmons export models/digits.onnx --target wasm32 -o "$work/digits.psm" --timings

say "persimmons inspect: what is in the bundle"
persimmons inspect "$work/digits.psm"

say "persimmons run --engine wasm on twenty held-out images"
persimmons run "$work/digits.psm" --engine wasm --in image=models/digits-samples.npy --out "$work/outputs" --json > "$work/run.json"
node scripts/show-digits.mjs models/digits-samples.npy models/digits-samples.json "$work/outputs/probabilities.npy" "$work/run.json"

say "done"
