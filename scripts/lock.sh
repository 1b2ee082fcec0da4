#!/usr/bin/env bash
# Writes the lock files from pyproject.toml, for every platform and Python it names. Arguments go to the resolver.
set -euo pipefail
cd "$(dirname "$0")/.."

uv=.tools/uv/bin/uv

# No header and no index lines: a lock says what is installed, never from where.
options=(--quiet --universal --python-version 3.11 --generate-hashes --no-header "$@")

echo uv | "$uv" pip compile "${options[@]}" --no-annotate --output-file requirements/uv.txt - >/dev/null
"$uv" pip compile "${options[@]}" --group build --output-file requirements/base.txt pyproject.toml >/dev/null
"$uv" pip compile "${options[@]}" --group build --group dev --constraint requirements/base.txt \
  --output-file requirements/dev.txt pyproject.toml >/dev/null
