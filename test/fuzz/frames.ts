/** Arbitrary frames: valid messages, messages with one thing wrong, JSON that is no message, and text that is no JSON. */
import fc from 'fast-check'

export type Json = null | boolean | number | string | Json[] | { [member: string]: Json }

/** Names that mean something to JavaScript, to Unicode or to the protocol. */
const names = fc.constantFrom(
  ...['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'then', 'toJSON', 'length', ''],
  ...[
    '\ud800',
    '\udfff',
    '\u0000',
    '\u2028',
    '\ufeff',
    '\r\n',
    '\u{1f600}',
    'id',
    'method',
    'params',
    'result',
    'error'
  ],
  ...['jsonrpc', '_meta', 'progressToken', 'name', 'arguments', 'uri', 'cursor', 'requestId']
)
/** Any code units, lone surrogates among them. */
const units = fc
  .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 8 })
  .map((codes) => String.fromCharCode(...codes))
const strings = fc.oneof(
  { weight: 30, arbitrary: fc.nat(0xffffff).map((number) => number.toString(36)) },
  { weight: 20, arbitrary: names },
  { weight: 10, arbitrary: units },
  { weight: 1, arbitrary: fc.nat(20_000).map((length) => 'x'.repeat(length)) }
)
const numbers = fc.oneof(
  fc.integer(),
  fc.double(),
  fc.constantFrom(0, -0, 1, 1.5, 1e21, -1e308, 5e-324, 2 ** 53, -(2 ** 53), 2 ** 64)
)

/** Any JSON value, with hostile names. */
export const json: fc.Arbitrary<Json> = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.oneof(fc.constantFrom(null, false, true), numbers, strings),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(fc.tuple(fc.oneof(names, strings), tie('value')), { maxLength: 4 }).map(objectOf)
  )
})).value

const id = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 50 }) },
  { weight: 2, arbitrary: strings },
  { weight: 1, arbitrary: fc.constantFrom(-1, -0, 2 ** 53, 1e21, 0) }
)
const tool = fc.constantFrom(
  'echo',
  'any',
  'later',
  'sum',
  'fail',
  'break',
  'steps',
  'touch',
  'note',
  'ask',
  'sample',
  'roots'
)
const uri = fc.oneof(
  fc.constantFrom('test://text', 'test://bytes', 'test://pieces', 'test://a/b', 'test://none/1', 'test://%/%ff'),
  fc.webUrl(),
  strings
)
const meta = fc.oneof(
  { weight: 6, arbitrary: fc.constant(undefined) },
  { weight: 3, arbitrary: fc.record({ progressToken: id }) },
  { weight: 1, arbitrary: fc.record({ progressToken: json }) }
)
const level = fc.constantFrom('debug', 'info', 'warning', 'emergency', 'loud', '__proto__')
const reference = fc.oneof(
  fc.record({ type: fc.constant('ref/prompt'), name: fc.oneof(fc.constantFrom('named', 'plain'), strings) }),
  fc.record({ type: fc.constant('ref/resource'), uri: fc.oneof(fc.constant('test://{kind}/{id}'), uri) }),
  fc.record({ type: names })
) as fc.Arbitrary<Json>
const asked = fc.record({ name: fc.oneof(fc.constantFrom('name', 'id', 'kind'), names), value: strings })

const row = (method: string, params: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<Json> =>
  fc.record({ _meta: meta, ...params }).map((members) =>
    objectOf([
      ['method', method],
      ['params', compact(members) as Json]
    ])
  )

/** Method and params of everything a client may send. */
const bodies: fc.Arbitrary<Json> = fc.oneof(
  row('initialize', {
    protocolVersion: fc.oneof(fc.constantFrom('2025-06-18', '2024-11-05', '2099-01-01'), strings),
    capabilities: fc.oneof(fc.constantFrom<Json>({}, { elicitation: {}, sampling: {}, roots: {} }), json),
    clientInfo: fc.record({ name: strings, version: strings })
  }),
  row('ping', {}),
  row('tools/list', { cursor: fc.option(strings, { nil: undefined }) }),
  row('tools/call', { name: fc.oneof(tool, tool, strings), arguments: fc.option(json, { nil: undefined }) }),
  row('tools/call', { name: fc.constant('echo'), arguments: fc.record({ text: strings }) }),
  row('resources/list', { cursor: fc.option(strings, { nil: undefined }) }),
  row('resources/templates/list', {}),
  row('resources/read', { uri }),
  row('resources/subscribe', { uri }),
  row('resources/unsubscribe', { uri }),
  row('prompts/list', {}),
  row('prompts/get', {
    name: fc.oneof(fc.constantFrom('plain', 'named'), names),
    arguments: fc.dictionary(names, strings)
  }),
  row('completion/complete', { ref: reference, argument: asked, context: fc.oneof(fc.constant(undefined), json) }),
  row('logging/setLevel', { level }),
  row('notifications/initialized', {}),
  row('notifications/cancelled', { requestId: id, reason: fc.option(strings, { nil: undefined }) }),
  row('notifications/progress', { progressToken: id, progress: numbers }),
  row('notifications/roots/list_changed', {}),
  row('server/discover', {}),
  fc.record({ method: strings, params: json }) as fc.Arbitrary<Json>
)

/** A message that is one, whatever its params say. */
export const message: fc.Arbitrary<Json> = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(id, bodies).map(([id, body]) => join({ jsonrpc: '2.0', id }, body)) },
  { weight: 2, arbitrary: bodies.map((body) => join({ jsonrpc: '2.0' }, body)) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(id, fc.oneof(fc.record({ result: json }), fc.record({ error: json })))
      .map(([id, rest]) => join({ jsonrpc: '2.0', id }, rest as Json))
  }
)

/** A message with a member of some depth replaced, removed or added. */
const mutated = fc.tuple(message, fc.array(fc.nat(9), { maxLength: 4 }), names, fc.option(json)).map(mutate)

/** Text where JSON is broken, or says more than a value can: members twice, numbers beyond any. */
const text = fc.oneof(
  fc.string({ maxLength: 40 }),
  units,
  fc.tuple(message, fc.nat(200)).map(([value, at]) => print(value).slice(0, at)),
  fc.tuple(message, fc.nat(200), units).map(([value, at, more]) => splice(print(value), at, more)),
  fc.tuple(message, json).map(([value, other]) => `${print(value).slice(0, -1)},"id":${print(other)}}`),
  message.map((value) => `\ufeff${print(value)}`),
  fc
    .constantFrom('1e400', '-1e400', '0.1e-999', `1${'0'.repeat(400)}`)
    .map(
      (number) =>
        `{"jsonrpc":"2.0","id":${number},"method":"tools/call","params":{"name":"any","arguments":{"n":${number}}}}`
    ),
  fc.array(message, { maxLength: 3 }).map((batch) => JSON.stringify(batch))
)

/** Any frame. Line breaks outside of strings are white space, so a frame of text may be several lines on stdio. */
export const frame: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: message.map(print) },
  { weight: 6, arbitrary: mutated.map(print) },
  { weight: 1, arbitrary: json.map(print) },
  { weight: 2, arbitrary: text.map(wellFormed) }
)

/** JSON text; lone surrogates become escapes. */
export function print(value: Json): string {
  return JSON.stringify(value)
}

/** The text that its UTF-8 says: lone surrogates cannot cross but as escapes. */
function wellFormed(text: string): string {
  return Buffer.from(text).toString()
}

/** An object with exactly these members, also when one is called __proto__. */
function objectOf(members: readonly (readonly [string, Json])[]): { [member: string]: Json } {
  const object: { [member: string]: Json } = {}
  for (const [name, value] of members) {
    Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true })
  }
  return object
}

function join(head: { [member: string]: Json }, body: Json): Json {
  return objectOf([...Object.entries(head), ...Object.entries(body as object)])
}

function compact(members: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))
}

function mutate([value, path, name, other]: [Json, number[], string, Json | null]): Json {
  const [first, ...rest] = path
  if (first === undefined || typeof value !== 'object' || value === null || Array.isArray(value)) return other
  const members = Object.entries(value)
  const member = members[first % Math.max(members.length, 1)]
  if (member === undefined || first === 9) return objectOf([...members, [name, other]])
  if (first === 8) return objectOf(members.filter(([key]) => key !== member[0]))
  const changed = mutate([member[1], rest, name, other])
  return objectOf(members.map(([key, kept]) => [key, key === member[0] ? changed : kept]))
}

function splice(whole: string, at: number, more: string): string {
  return `${whole.slice(0, at)}${more}${whole.slice(at)}`
}
