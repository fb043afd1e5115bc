#!/usr/bin/env bash
# Runs the big suites at full size, shard by shard; ends with "N passed, N failed" over all that ran.
#
#   scripts/nightly.sh [--list] [--fresh] [SUITE...]     all suites by default
#
# The state is in build/nightly/SUITE/SHARD/: a log, counts, and the source tree they belong to. A run that was interrupted
# goes on where it stopped: shards that passed on this very tree are not run again; --fresh forgets them.
# YARD=FOLDER names the external yardsticks; without it the yard-* suites are skipped by name.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
unset FORCE_COLOR
export NO_COLOR=1 # the output goes to logs
root=$PWD
state=$root/build/nightly

# suite, number of shards, what it is
suites=(
  "unit 8 every vitest test, samples as large as they go (PERSIMMONS_TESTS=nightly)"
  "affine 8 random affine programs: isl agrees on 400 a shard, native code gives the numbers of 50"
  "python 1 the tests of the Python package"
  "models-reduced 8 small versions of the networks, symbolic sizes: export, run, compare with PyTorch"
  "models-real 16 the networks at real size, fixed and then symbolic sizes: export, run, compare with PyTorch"
  "referees 16 the networks at real size: jaxlib, mlir-opt and four LLVMs accept what every stage prints"
  "large-external 1 a model with 5 GB of external weights: export, run, compare"
  "torch-training 1 small networks trained by torch.compile and by eager PyTorch: the same parameters and losses"
  "generation 1 language models at real width: tokens and logits equal PyTorch's, what a step costs"
  "yard-onnx-backend 7 the ONNX backend suite through compiled code (needs YARD)"
  "yard-onnx-engines 1 a sample of that suite by native code and in the sandbox: the same verdicts (needs YARD)"
  "yard-torch-zoo 4 exported architectures: training form, decomposed form, unseen sizes, torch.compile (needs YARD)"
  "yard-torch-operators 12 PyTorch's operator and layer tests through compiled code (needs YARD)"
  "yard-race 7 real-size networks against ONNX Runtime and OpenVINO (needs YARD)"
)
networks=(resnet50 mobilenetv2 vit bert gpt2 minilm llama160m convnext)
race_networks=(resnet50 mobilenetv2 vit_b16 bert_base gpt2 llama_160m convnext_t)
race_floor=0.5 # of the fastest peer
# Kinds of cases and a pattern of their names, one shard each.
onnx_shards=("node ^test_[ab]" "node ^test_[c-f]" "node ^test_[g-m]" "node ^test_[n-r]" "node ^test_s" "node ^test_[^a-s]"
  "light,simple,pytorch-converted,pytorch-operator .")
# Their expected outputs are one draw of another generator, or a rounding error of NumPy where the true value is 0.
onnx_noise="^test_(bernoulli|dft_inverse)"

# Sums whose rounding errors exceed the tolerance in PyTorch itself, too.
torch_noise="^nn.functional.(conv_transpose3d/float32/[89]|multi_head_attention_forward/float32/(126|174))$"

persimmons() { node "$root/dist/cli/main.js" "$@"; }
results() { node "$root/scripts/count-results.mjs" "$@"; }

# check_model FOLDER [EXPORT OPTION...]: compiles FOLDER/model.onnx once and runs every case of it.
check_model() {
  local folder=$1 case inputs expected file name
  shift
  persimmons export "$folder/model.onnx" -o "$folder/bundle.psm" "$@" || return
  for case in "$folder"/case*/; do
    inputs=() expected=()
    for file in "$case"in.*.npy; do name=${file##*/in.}; inputs+=(--in "${name%.npy}=$file"); done
    for file in "$case"out.*.npy; do name=${file##*/out.}; expected+=(--expect "${name%.npy}=$file"); done
    echo "run $case"
    persimmons run "$folder/bundle.psm" "${inputs[@]}" "${expected[@]}" || return
  done
}

# Every suite_NAME takes its shard (from 1), the number of shards and a folder; it runs there, and writes the counts to
# result.json itself or leaves them to its exit status.
suite_unit() {
  PERSIMMONS_TESTS=nightly npx vitest run --dir tests --shard="$1/$2" --passWithNoTests \
    --reporter=default --reporter=json --outputFile.json="$3/vitest.json"
  results vitest "$3/vitest.json" $? "$3/result.json"
}
# Each shard has programs of its own.
suite_affine() {
  PERSIMMONS_TEST_SEED=$((1000 + $1)) PERSIMMONS_TEST_PROGRAMS=400 npx vitest run \
    tests/lowering/loops/polyhedral/referee.test.ts tests/lowering/loops/polyhedral/random-kernels-native.test.ts \
    --reporter=default --reporter=json --outputFile.json="$3/vitest.json"
  results vitest "$3/vitest.json" $? "$3/result.json"
}
suite_python() {
  if [ ! -d python/tests ]; then echo "python/tests: not there yet" > "$3/skip"; return; fi
  PYTHONPATH=python "$python" -m pytest -q -p no:cacheprovider --junitxml="$3/python.xml" python/tests
  results junit "$3/python.xml" $? "$3/result.json"
}
suite_models_reduced() {
  local name=${networks[$(($1 - 1))]}
  nice "$python" models/export_transformers.py "$name" --reduced --dynamic --out "$3" && check_model "$3/$name"
}
# real_model SHARD: sets `name`, and `kind` to the exporter's options; symbolic sizes are the second half of the shards.
real_model() {
  name=${networks[$((($1 - 1) % ${#networks[@]}))]} kind=()
  if (($1 > ${#networks[@]})); then kind=(--dynamic); fi
}
suite_models_real() {
  local name kind status
  real_model "$1"
  nice "$python" models/export_transformers.py "$name" "${kind[@]}" --out "$3" && check_model "$3/$name"
  status=$?
  rm -rf "${3:?}/$name" # hundreds of megabytes each
  return $status
}
suite_referees() {
  local name kind status
  real_model "$1"
  nice "$python" models/export_transformers.py "$name" "${kind[@]}" --out "$3" || return
  PERSIMMONS_MODELS=$3/$name/model.onnx npx vitest run tests/models/referees.slow.test.ts \
    --reporter=default --reporter=json --outputFile.json="$3/vitest.json"
  status=$?
  rm -rf "${3:?}/$name"
  results vitest "$3/vitest.json" $status "$3/result.json"
}
suite_large_external() {
  local status
  nice "$python" models/large_external.py --out "$3/large" && check_model "$3/large" --target host
  status=$?
  rm -rf "${3:?}/large"
  return $status
}
suite_yard_onnx_backend() {
  local kinds pattern
  read -r kinds pattern <<< "${onnx_shards[$(($1 - 1))]}"
  PYTHONPATH="$root/python:$YARD" "$python" "$YARD/onnx_backend.py" -b onnx_adapter:Standard -k "$kinds" -f "$pattern" -x "$onnx_noise" --json "$3/cases.json"
  results cases "$3/cases.json" $? "$3/result.json"
}
suite_yard_onnx_engines() {
  PYTHONPATH="$root/python" "$python" "$root/scripts/compare-engines.py" --cases 300 --seed 1 --json "$3/cases.json"
  results cases "$3/cases.json" $? "$3/result.json"
}
suite_torch_training() {
  PYTHONPATH="$root/python" nice "$python" models/train_compiled.py > "$3/table.txt"
  results tally torch-training "$3/table.txt" $? "$3/result.json"
}
suite_generation() { PYTHONPATH="$root/python" nice "$python" scripts/measure-generation.py; }
suite_yard_torch_zoo() {
  local log=$3/table.txt
  export PYTHONPATH=$root/python:$root/scripts:$YARD
  case $1 in
    1 | 2)
      local stage=training
      if [ "$1" = 2 ]; then stage=decomp; fi
      nice "$python" "$YARD/make_models.py" --out "$3/models" &&
        nice "$python" "$YARD/run_models.py" --dir "$3/models" --stage $stage --backend py:torch_backend:native | tee "$log"
      ;;
    3) nice "$python" "$YARD/run_dynamic.py" --backend py:torch_backend:native | tee "$log" ;;
    4) nice "$python" "$root/scripts/compile_zoo.py" | tee "$log" ;;
  esac
  results tally "yard-torch-zoo/$1" "$log" $? "$3/result.json"
  rm -rf "$3/models"
}
# Four shards of core ATen, six of what decomposes to it, two of layers.
suite_yard_torch_operators() {
  export PYTHONPATH=$root/python:$root/scripts:$YARD
  local choice=(--core --shard "$(($1 - 1))/4")
  if (($1 > 10)); then choice=(--db modules --shard "$(($1 - 11))/2"); elif (($1 > 4)); then choice=(--ops-file "$YARD/opinfo_tier2.txt" --shard "$(($1 - 5))/6"); fi
  nice "$python" "$YARD/opinfo_harness.py" "${choice[@]}" --backend py:torch_backend:native --jsonl "$3/cases.jsonl" > "$3/table.txt"
  results harness "$3/cases.jsonl" "$torch_noise" "$3/result.json"
}
# The race prints "... persimmons 1.2 ms (...) x0.87": our speed as a share of the fastest peer's.
suite_yard_race() {
  local name=${race_networks[$(($1 - 1))]} status
  (
    set -e
    cd "$3"
    export PYTHONPATH=$root/python PERSIMMONS_BUNDLES=$3/bundles
    nice "$python" "$YARD/race/models.py" "$name"
    persimmons export "onnx/$name.onnx" -o "bundles/$name" --target host
    "$python" "$YARD/race/race.py" onnx "$name" ort,ov,persimmons --threads 2 | tee race.txt
    awk -v floor="$race_floor" '
      match($0, /persimmons .* x[0-9.]+/) { ratio = substr($0, RSTART, RLENGTH); sub(/.* x/, "", ratio); found = 1 }
      END { if (!found || ratio + 0 < floor) { print "below the floor of " floor; exit 1 } }' race.txt
  )
  status=$?
  rm -rf "$3/onnx" "$3/bundles"
  return $status
}

tree() { # what names the sources: the commit, and a digest of what is not committed
  { git rev-parse HEAD; git diff HEAD; git ls-files --others --exclude-standard -z | sort -z | xargs -0 -r sha256sum; } 2> /dev/null | sha256sum | cut -c 1-16
}

# run_shard SUITE INDEX COUNT
run_shard() {
  local folder=$state/$1/$2 start=$SECONDS status verdict
  if [ "$(cat "$folder/passed-on" 2> /dev/null)" = "$sources" ]; then
    printf '%-18s %d/%d  passed before\n' "$1" "$2" "$3"
    return
  fi
  rm -rf "$folder"
  mkdir -p "$folder"
  "suite_${1//-/_}" "$2" "$3" "$folder" > "$folder/log" 2>&1 < /dev/null
  status=$?
  if [ -e "$folder/skip" ]; then
    results skipped "$folder/skip" "$folder/result.json"
  elif [ ! -e "$folder/result.json" ]; then
    results status "$1/$2" "$status" "$folder/result.json"
  fi
  verdict=ok
  if results passed "$folder/result.json"; then
    echo "$sources" > "$folder/passed-on"
  else
    verdict="FAILED (build/nightly/$1/$2/log)"
  fi
  printf '%-18s %d/%d  %5d s  %s\n' "$1" "$2" "$3" $((SECONDS - start)) "$verdict"
}

run_suite() {
  local shard
  if [[ $1 == yard-* ]] && [ -z "${YARD:-}" ]; then
    mkdir -p "$state/$1/skipped"
    echo "$1: YARD is not set" > "$state/$1/skipped/skip"
    results skipped "$state/$1/skipped/skip" "$state/$1/skipped/result.json"
    printf '%-18s skipped: YARD is not set\n' "$1"
    return
  fi
  rm -rf "$state/$1/skipped"
  for ((shard = 1; shard <= $2; shard++)); do run_shard "$1" "$shard" "$2"; done
}

shards_of() { # prints the number of shards of a suite; fails for an unknown one
  local row
  for row in "${suites[@]}"; do
    read -r name count _ <<< "$row"
    if [ "$name" = "$1" ]; then echo "$count"; return; fi
  done
  return 1
}

chosen=()
fresh=false
for argument in "$@"; do
  case "$argument" in
    --list) for row in "${suites[@]}"; do read -r name count what <<< "$row"; printf '%-18s %d shards  %s\n' "$name" "$count" "$what"; done; exit ;;
    --fresh) fresh=true ;;
    -*) echo "usage: scripts/nightly.sh [--list] [--fresh] [SUITE...]" >&2; exit 2 ;;
    *) shards_of "$argument" > /dev/null || { echo "no suite $argument; scripts/nightly.sh --list names them" >&2; exit 2; }; chosen+=("$argument") ;;
  esac
done
if [ "${#chosen[@]}" -eq 0 ]; then for row in "${suites[@]}"; do chosen+=("${row%% *}"); done; fi
if [ -n "${YARD:-}" ]; then YARD=$(cd "$YARD" && pwd) || exit 2; fi

# PyTorch and the like are gigabytes: they are left out where no suite that was asked for uses them.
setup=()
for suite in "${chosen[@]}"; do
  case "$suite" in affine | large-external) ;; *) setup=(--models) ;; esac
done
scripts/setup-tests.sh "${setup[@]}" || exit 1
python=$root/.venv/bin/python
export PERSIMMONS_TEST_PYTHON=$python
npm run --silent build || exit 1

sources=$(tree)
folders=()
for suite in "${chosen[@]}"; do
  if $fresh; then rm -rf "${state:?}/$suite"; fi
  run_suite "$suite" "$(shards_of "$suite")"
  folders+=("$state/$suite")
done
results sum "${folders[@]}"
