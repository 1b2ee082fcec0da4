#!/usr/bin/env bash
# Makes .tools/uv: a private environment that holds the pinned, hash-checked installer, from nothing but a Python.
set -euo pipefail
cd "$(dirname "$0")/.."

new_enough() {
  "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() {
  local name
  for name in ${PYTHON:-python3.11 python3.12 python3.13 python3.14 python3}; do
    if new_enough "$name"; then
      command -v "$name"
      return
    fi
  done
  echo "Loomwork needs Python 3.11 or newer, and found none${PYTHON:+ at $PYTHON}. Name one with make PYTHON=/path/to/python." >&2
  return 1
}

python=$(find_python)
rm -rf .tools/uv
if ! "$python" -m venv .tools/uv >.tools-venv.log 2>&1; then
  cat .tools-venv.log >&2
  rm -rf .tools/uv .tools-venv.log
  echo "$python cannot make a virtual environment; on Debian and Ubuntu the package python3-venv is missing." >&2
  exit 1
fi
rm -f .tools-venv.log
.tools/uv/bin/python -m pip install -qq --disable-pip-version-check --require-hashes --only-binary :all: -r requirements/uv.txt
