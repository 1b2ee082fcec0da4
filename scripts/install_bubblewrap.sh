#!/usr/bin/env bash
# Sees to it that the stronger of the two jails can be tested: the distribution's bubblewrap. Says so in one line where it cannot.
set -euo pipefail

install() {
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends bubblewrap
} >"$log" 2>&1 </dev/null

if [ "$(uname -s)" != Linux ]; then
  echo "Missing: bubblewrap. It is for Linux only, so the tests of jails are skipped." >&2
  exit 0
fi
if command -v bwrap >/dev/null; then
  exit 0
fi
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  echo "Missing: bubblewrap. It cannot be installed here (that takes root and apt-get), so code is tested in the other jail only." >&2
  exit 0
fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
echo "Installing bubblewrap from the distribution's packages, for the tests of jails."
if ! install; then
  tail -n 5 "$log" >&2
  echo "Missing: bubblewrap. apt-get could not install it, so code is tested in the other jail only." >&2
fi
