#!/usr/bin/env bash
# Runs the official conformance suite at revision 2025-06-18 against the reference server, on a free port.
# CI calls it after `npm ci`: `bash scripts/conformance.sh`. It needs the package registry and about half a minute.
# Give versions of the suite to run others than the pinned ones: `bash scripts/conformance.sh 0.1.16`.
#
# Exit: 0 all scenarios passed or failed for a listed fault of the suite; 1 one failed; 3 the suite or the server did not run.
set -uo pipefail
cd "$(dirname "$0")/.."

# what is run, and how many scenarios it must report: fewer would be a pass that tested nothing
declare -A scenarios=([0.1.16]=26 [0.2.0-alpha.12]=27)
versions=("$@")
[ $# -gt 0 ] || versions=(0.1.16 0.2.0-alpha.12)

# "version/scenario" with the reason, for faults of the suite; none is known at these versions
declare -A faults=()

work=$(mktemp -d)
server=
stop() {
  if [ -n "$server" ]; then
    kill "$server" 2>/dev/null
    wait "$server" 2>/dev/null
  fi
  rm -rf "$work"
}
trap stop EXIT

npm run build --silent || exit 3
node dist/cli/index.js serve --port 0 --log-level warn >"$work/server.log" 2>&1 &
server=$!
url=
for _ in $(seq 100); do
  url=$(sed -n 's/.*speaks MCP 2025-06-18 at \(http[^ ]*\)$/\1/p' "$work/server.log")
  [ -n "$url" ] && break
  kill -0 "$server" 2>/dev/null || break
  sleep 0.1
done
if [ -z "$url" ]; then
  echo "the server did not start:" >&2
  cat "$work/server.log" >&2
  exit 3
fi

worst=0
for version in "${versions[@]}"; do
  log="$work/$version.log"
  # 0.1.16 does not start on Node 20 (fs.globSync), so the suite gets a Node of its own
  timeout 300 npm exec --yes --package=node@24 "--package=@modelcontextprotocol/conformance@$version" -- \
    conformance server --url "$url" --suite all --spec-version 2025-06-18 >"$log" 2>&1
  summary=$(sed -n '/^=== SUMMARY ===/,$p' "$log")
  lines=$(grep -E '^[^ ]+ [a-z0-9-]+: [0-9]+ passed, [0-9]+ failed' <<<"$summary")
  count=$(grep -c . <<<"$lines")
  if [ "$count" -eq 0 ] || [ "$count" -lt "${scenarios[$version]:-1}" ]; then
    echo "conformance $version: reported $count scenarios of ${scenarios[$version]:-?}" >&2
    tail -n 40 "$log" >&2
    exit 3
  fi
  passed=0
  failed=0
  expected=0
  while read -r _ name ok _ wrong _; do
    name=${name%:}
    if [ "$wrong" = 0 ] && [ "$ok" != 0 ]; then
      passed=$((passed + 1))
    elif [ -n "${faults[$version/$name]:-}" ]; then
      expected=$((expected + 1))
      echo "conformance $version: $name failed as expected: ${faults[$version/$name]}"
    else
      failed=$((failed + 1))
      echo "conformance $version: $name FAILED" >&2
      sed -n "/^=== Running scenario: $name ===/,/^=== /p" "$log" | sed '1d;$d' >&2
    fi
  done <<<"$lines"
  echo "conformance $version: $passed of $count scenarios passed, $failed failed, $expected faults of the suite"
  echo "  $(grep -E '^Total:' <<<"$summary")"
  [ "$failed" -eq 0 ] || worst=1
done

if ! kill -0 "$server" 2>/dev/null; then
  echo "the server ended during the run:" >&2
  cat "$work/server.log" >&2
  exit 1
fi
exit "$worst"
