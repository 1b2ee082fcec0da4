#!/usr/bin/env bash
# Prints, as one sentence, what keeps the console from being built here; prints nothing where nothing does.
set -euo pipefail
cd "$(dirname "$0")/.."

instead="The server shows a plain page instead."
if [ -f src/loomwork/interface/http/console/index.html ]; then
  instead="The one that was built before is used."
fi

node_is_new_enough() {
  node - <<'JS'
const wanted = require('./web/package.json').engines.node.match(/\d+/g).map(Number)
const [major, minor] = process.versions.node.split('.').map(Number)
process.exit(major > wanted[0] || (major === wanted[0] && minor >= (wanted[1] ?? 0)) ? 0 : 1)
JS
}

if [ ! -f web/package.json ]; then
  echo "The console is not built: this tree has no web/package.json. $instead"
elif ! command -v npm >/dev/null || ! command -v node >/dev/null; then
  echo "The console is not built: Node and npm are not installed. $instead"
elif ! node_is_new_enough; then
  echo "The console is not built: Node $(node --version) is older than web/package.json asks for. $instead"
fi
