#!/usr/bin/env bash
# Sees to it that the browser journeys have a browser: the distribution's own. Says so in one line where it cannot.
set -euo pipefail

installed() {
  command -v chromium || command -v chromium-browser || command -v google-chrome
} >/dev/null

install() {
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium
} >"$log" 2>&1 </dev/null

if installed; then
  exit 0
fi
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  echo "Missing: chromium. It cannot be installed here (that takes root and apt-get), so tests in a browser are skipped." >&2
  exit 0
fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
echo "Installing chromium from the distribution's packages, for the tests in a browser."
if ! install; then
  tail -n 5 "$log" >&2
  echo "Missing: chromium. apt-get could not install it, so tests in a browser are skipped." >&2
fi
