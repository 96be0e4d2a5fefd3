#!/usr/bin/env bash
# The tests on every supported version of Node, one after the other; what is given here goes to vitest:
#   npm run test:nodes -- --maxWorkers=1
#   NODES='22 26' npm run test:nodes -- test/http
# Each version comes from the registry, by the package `node`. Exits 1 when any of them fails.
set -uo pipefail
cd "$(dirname "$0")/.."

summary=()
failed=0
for version in ${NODES:-20 22 24 26}; do
  on() { npx --yes --package "node@$version" node "$@"; }
  if ! exact=$(on --version 2>/dev/null); then
    summary+=("Node $version: could not be had")
    failed=1
    continue
  fi
  echo "--- Node $exact"
  began=$SECONDS
  if on node_modules/vitest/vitest.mjs run --project unit --project types --reporter=dot "$@"; then
    summary+=("Node $exact: passed in $((SECONDS - began)) s")
  else
    summary+=("Node $exact: FAILED after $((SECONDS - began)) s")
    failed=1
  fi
done
printf '%s\n' '---' "${summary[@]}"
exit "$failed"
