#!/usr/bin/env bash
# What npm would publish: its doors are sound, installed into an empty TypeScript project it compiles under strict and
# serves, and it takes less room than the official SDKs.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cd "$root"
npm pack --silent --pack-destination "$work" >/dev/null
tar -tzf "$work"/handwire-*.tgz | sed 's#^package/##' >"$work/files"
if grep -vE '^(dist/|spec-fixtures/|package.json$|README.md$|LICENSE$|CHANGELOG.md$)' "$work/files"; then
  echo 'the package holds files that no user needs'
  exit 1
fi

# an ESM package: `require` of it works where Node can require ESM, which every supported version can, and
# resolution as before Node 12 is not served
npx --no publint run "$work"/handwire-*.tgz --strict
npx --no attw "$work"/handwire-*.tgz --profile esm-only --format ascii >"$work/attw" || { cat "$work/attw"; exit 1; }

mkdir "$work/project"
cd "$work/project"
cat >package.json <<'JSON'
{ "name": "embedder", "version": "1.0.0", "private": true, "type": "module" }
JSON
cat >tsconfig.json <<'JSON'
{ "compilerOptions": { "strict": true, "module": "NodeNext", "target": "ES2022", "lib": ["ESNext"], "types": ["node"], "noEmit": true, "exactOptionalPropertyTypes": true } }
JSON
cat >server.ts <<'TS'
import Fastify from 'fastify'
import { Type } from '@sinclair/typebox'
import handwire from 'handwire'
import { stdio } from 'handwire/stdio'

const app = Fastify()
await app.register(handwire, { name: 'acme', version: '1.0.0' })

app.mcp.tool('add', {
  description: 'Adds two numbers',
  input: Type.Object({ a: Type.Number(), b: Type.Number() }),
  output: Type.Object({ sum: Type.Number() })
}, ({ a, b }) => ({ sum: a + b }))

app.mcp.resource('note://{id}', {}, ({ id }) => id.toUpperCase())

// @ts-expect-error the result does not fit the output
app.mcp.tool('wrong', { output: Type.Object({ sum: Type.Number() }) }, () => ({ sum: 'three' }))

stdio({ name: 'acme', version: '1.0.0' }).tool('echo', { input: Type.Object({ text: Type.String() }) }, ({ text }) => text)

await app.listen({ port: 0 })
await app.close()
TS
npm install --silent --no-audit --no-fund "$work"/handwire-*.tgz fastify@5 @sinclair/typebox@0.34
npm install --silent --no-audit --no-fund --save-dev typescript@5 tsx @types/node@20
cp "$root"/examples/*.ts .
npx tsc
npx tsx server.ts
node --import tsx --test --test-reporter=dot ./*.test.ts
npx handwire conform --list http://127.0.0.1/mcp >/dev/null
npx handwire --version >/dev/null
# the corpus that is packed is the whole one
cases=$(find "$root"/spec-fixtures -mindepth 2 -name '*.json' -not -path '*/profiles/*' -not -path '*/runners/*' | wc -l)
if [ "$(wc -l <node_modules/handwire/dist/conform/cases.jsonl)" -ne "$cases" ]; then
  echo "the package does not hold the $cases cases of spec-fixtures"
  exit 1
fi

# What a project has to install to serve MCP over HTTP: ours with Fastify, SDK v1 with the Express it brings along, SDK v2
# with its Fastify adapter. On disk, as du counts it, without install scripts and optional peers.
footprint() {
  local name=$1
  shift
  mkdir "$work/$name"
  echo '{ "private": true, "type": "module" }' >"$work/$name/package.json"
  (cd "$work/$name" && npm install --silent --no-audit --no-fund --ignore-scripts --omit=optional "$@" >/dev/null)
  kib=$(du -sk "$work/$name/node_modules" | cut -f1)
  local bytes packages
  bytes=$(find "$work/$name/node_modules" -type f -printf '%s\n' | awk '{ sum += $1 } END { printf "%d", sum / 1024 }')
  packages=$(grep -c '^    "node_modules/' "$work/$name/package-lock.json")
  printf '%-22s %6d KiB on disk  %6d KiB of files  %3d packages\n' "$name" "$kib" "$bytes" "$packages"
}
footprint handwire "$work"/handwire-*.tgz fastify@5
ours=$kib
for rival in 'sdk-v1 @modelcontextprotocol/sdk@1.32' 'sdk-v2 @modelcontextprotocol/server@2.4 @modelcontextprotocol/fastify@2 fastify@5'; do
  # shellcheck disable=SC2086
  footprint $rival
  if [ "$ours" -ge "$kib" ]; then
    echo 'the install is not smaller than the official one; what weighs:'
    du -sk "$work"/handwire/node_modules/* "$work"/handwire/node_modules/handwire/* | sort -rn | head -15
    exit 1
  fi
done
echo "the package installs, compiles and runs: $(wc -l <"$work/files") files"
