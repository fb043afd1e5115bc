#!/usr/bin/env bash
# Installs what the tests need, and nothing that is already there: npm packages, the referees written in C++ (Debian
# packages, where this is root), and a Python environment in .venv.
#
#   scripts/setup-tests.sh [--models]     --models adds PyTorch, transformers, OpenVINO and the like (gigabytes)
#
# What cannot be installed is named in build/setup/skipped.txt, one line each; with CI=true that is a failure instead.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

models=false
for argument in "$@"; do
  case "$argument" in
    --models) models=true ;;
    *) echo "usage: scripts/setup-tests.sh [--models]" >&2; exit 2 ;;
  esac
done

mkdir -p build/setup
skipped=build/setup/skipped.txt
exec 9> build/setup/lock
if command -v flock > /dev/null; then flock 9; fi
: > "$skipped"

say() { printf 'setup: %s\n' "$*"; }
skip() { say "skipped $*"; printf '%s\n' "$*" >> "$skipped"; }

# npm ci unless node_modules holds exactly what the lock file asks of this platform.
install_npm() {
  if node scripts/npm-is-current.mjs; then return; fi
  say "npm ci"
  npm ci --no-audit --no-fund
}

# command -> Debian package that brings it
debian_packages=(
  clang-22:clang-22 llc-22:llvm-22 lld-22:lld-22 mlir-opt-22:mlir-22-tools
  clang-19:clang-19 llc-19:llvm-19 clang-16:clang-16 llc-16:llvm-16
)
missing_packages() {
  local pair
  for pair in "${debian_packages[@]}"; do
    command -v "${pair%%:*}" > /dev/null || printf '%s\n' "${pair##*:}"
  done
}
apt_install() { DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@" > build/setup/apt.log 2>&1 < /dev/null; }

install_debian() {
  local missing package
  mapfile -t missing < <(missing_packages)
  [ "${#missing[@]}" -gt 0 ] || return 0
  if [ "$(id -u)" -ne 0 ] || ! command -v apt-get > /dev/null; then
    for package in "${missing[@]}"; do skip "$package: a Debian package, and this is not root on Debian"; done
    return 0
  fi
  say "apt-get install ${missing[*]}"
  apt_install "${missing[@]}" && return 0
  apt-get update -q > build/setup/apt-update.log 2>&1 || true
  apt_install "${missing[@]}" && return 0
  for package in "${missing[@]}"; do
    apt_install "$package" || skip "$package: apt-get does not install it ($(tail -n 1 build/setup/apt.log))"
  done
}

make_venv() {
  [ -x .venv/bin/python ] && .venv/bin/python -m pip --version > /dev/null 2>&1 && return 0
  local python
  python=$(command -v python3.11 || command -v python3 || true)
  if [ -z "$python" ]; then skip "Python: neither python3.11 nor python3 is here"; return 1; fi
  say "virtual environment from $python"
  rm -rf .venv
  if "$python" -m venv .venv; then return 0; fi
  # Debian keeps what venv needs in a package of its own.
  if [ "$(id -u)" -eq 0 ] && command -v apt-get > /dev/null && apt_install python3-venv && "$python" -m venv .venv; then return 0; fi
  rm -rf .venv
  skip "Python: $python makes no virtual environment"
  return 1
}

pip_install() { .venv/bin/python -m pip install -q --disable-pip-version-check "$@" > build/setup/pip.log 2>&1 < /dev/null; }

# One requirement file: all of it at once, or else line by line, so that one missing wheel takes no other with it.
install_requirements() {
  local file=$1 stamp plain bare line failed=false
  stamp=.venv/.has-$(basename "$file" .txt)-$(node -p 'crypto.createHash("sha256").update(fs.readFileSync(process.argv[1])).digest("hex")' "$file")
  if [ -e "$stamp" ]; then return 0; fi
  mapfile -t plain < <(sed -n '/^[^#]/{/(no dependencies)/!p}' "$file")
  mapfile -t bare < <(sed -n '/^[^#].*(no dependencies)/s/ *#.*//p' "$file")
  say "pip install -r $file"
  if ! pip_install "${plain[@]}"; then
    for line in "${plain[@]}"; do
      pip_install "$line" || { failed=true; skip "$line: pip does not install it ($(tail -n 1 build/setup/pip.log))"; }
    done
  fi
  for line in "${bare[@]}"; do
    pip_install --no-deps "$line" || { failed=true; skip "$line: pip does not install it ($(tail -n 1 build/setup/pip.log))"; }
  done
  if ! $failed; then touch "$stamp"; fi
}

# Where no clang can be had from the system, the one inside a wheel still builds native libraries.
install_fallback_clang() {
  local version line
  for version in 22 21 20 19 18 17 16; do
    if command -v "clang-$version" > /dev/null; then return 0; fi
  done
  .venv/bin/python -c 'import ziglang' 2> /dev/null && return 0
  line=$(grep '^ziglang==' scripts/requirements-models.txt)
  say "pip install $line"
  pip_install "$line" || skip "$line: pip does not install it ($(tail -n 1 build/setup/pip.log))"
}

# The newest line of Node that is supported: exports must not depend on the version.
install_node24() {
  local folder=build/setup/node24
  if [ -x "$folder/node_modules/node/bin/node" ]; then return; fi
  say "npm install node@24 (in $folder)"
  mkdir -p "$folder"
  echo '{ "private": true }' > "$folder/package.json"
  (cd "$folder" && npm install --no-audit --no-fund node@24) > build/setup/node24.log 2>&1 < /dev/null &&
    "$folder/node_modules/node/bin/node" --version > /dev/null 2>&1 && return
  rm -rf "$folder"
  skip "Node 24: npm does not install it ($(tail -n 1 build/setup/node24.log))"
}

install_npm
install_node24
install_debian
if make_venv; then
  install_requirements scripts/requirements-test.txt
  install_fallback_clang
  if $models || [ "${CI:-}" = true ]; then install_requirements scripts/requirements-torch.txt; fi
  if $models; then install_requirements scripts/requirements-models.txt; fi
fi

if [ -s "$skipped" ] && [ "${CI:-}" = true ]; then
  say "CI=true, and nothing may be skipped there:"
  sed 's/^/setup:   /' "$skipped"
  exit 1
fi
say "ready"
