#!/usr/bin/env bash
# The whole way in one minute, on a machine with Node 20 and no compiler: compiles a trained network that reads handwritten
# digits to WebAssembly, runs it in the sandbox on twenty images it has never seen, and shows what happened. Then a matrix
# product on an emulated accelerator, beside the sandbox.
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

say "persimmons export linear.mlir --target p1-tiny: a matrix product with a bias for a 2x2 accelerator"
cat > "$work/linear.mlir" << 'MLIR'
func.func public @main(%x: tensor<50x70xbf16>, %w: tensor<70x40xbf16>, %b: tensor<40xf32>) -> tensor<50x40xf32> {
  %0 = stablehlo.dot_general %x, %w, contracting_dims = [1] x [0] : (tensor<50x70xbf16>, tensor<70x40xbf16>) -> tensor<50x40xf32>
  %1 = stablehlo.broadcast_in_dim %b, dims = [1] : (tensor<40xf32>) -> tensor<50x40xf32>
  %2 = stablehlo.add %0, %1 : tensor<50x40xf32>
  return %2 : tensor<50x40xf32>
}
MLIR
persimmons export "$work/linear.mlir" --target p1-tiny --target wasm32 -o "$work/linear.psm"

say "persimmons run on the emulated tiles: values, and what was moved and multiplied"
persimmons run "$work/linear.psm" --target p1-tiny --seed 1 --out "$work/linear"

say "persimmons run in the sandbox: both must agree to the last bit"
persimmons run "$work/linear.psm" --engine wasm --seed 1 --tolerance 1e-300 --expect "result0=$work/linear/result0.npy"

say "done"
