#!/usr/bin/env bash
# Builds a wheel of the Python package with the compiler in it: whoever installs it needs Node, and for native code an LLVM.
#
#   scripts/build-wheel.sh [FOLDER]     to dist-wheel/ by default
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
out=$(mkdir -p "${1:-dist-wheel}" && cd "${1:-dist-wheel}" && pwd)
python=.venv/bin/python
if [ ! -x "$python" ]; then python=$(command -v python3); fi

npm run --silent build
staging=$(mktemp -d)
trap 'rm -rf "$staging"' EXIT
package=$(npm pack --silent --pack-destination "$staging")
mkdir "$staging/npm"
tar -xzf "$staging/$package" -C "$staging/npm" --strip-components=1 --exclude='package/python'
# What the lock file holds, as it is installed here; LLVM for the sandbox is fetched by npm where it is wanted.
npm ls --omit=dev --all --parseable 2> /dev/null | tail -n +2 | sort | while read -r module; do
  name=${module#"$PWD"/}
  if [ "$name" = node_modules/@yowasp/clang ]; then continue; fi
  mkdir -p "$staging/npm/$(dirname "$name")"
  cp -r "$module" "$staging/npm/$name"
done
PERSIMMONS_NPM=$staging/npm "$python" -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir "$out" ./python
rm -rf python/build python/*.egg-info
ls -1 "$out"/*.whl
