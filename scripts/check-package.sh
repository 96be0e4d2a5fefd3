#!/usr/bin/env bash
# What npm would publish: installed into an empty TypeScript project, it compiles under strict and serves.
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

mkdir "$work/project"
cd "$work/project"
cat >package.json <<'JSON'
{ "name": "embedder", "version": "1.0.0", "private": true, "type": "module" }
JSON
cat >tsconfig.json <<'JSON'
{ "compilerOptions": { "strict": true, "module": "NodeNext", "target": "ES2022", "lib": ["ESNext"], "noEmit": true, "exactOptionalPropertyTypes": true } }
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
echo "the package installs, compiles and runs: $(wc -l <"$work/files") files"
