/** What is secret by its name or by its looks, in any text. */
import { describe, expect, test } from 'vitest'
import { blanked, isSecretHeader, isSecretName, refuseSecrets, secretsIn } from '../../../src/conform/record/secrets.ts'

const jwt = `eyJ${'a'.repeat(12)}.eyJ${'b'.repeat(12)}.${'c'.repeat(20)}`

describe('a name', () => {
  test.each([
    'token',
    'access_token',
    'refreshToken',
    'id-token',
    'github_token_2',
    'password',
    'PASSWORD',
    'db.passwd',
    'passphrase',
    'api_key',
    'apiKey',
    'X-API-Key',
    'client_secret',
    'secretKey',
    'privateKey',
    'aws_access_key_id',
    'credentials',
    'cookie',
    'Authorization',
    'auth',
    'otp',
    'bearer',
    'clientAssertion'
  ])('%s is secret', (name) => expect(isSecretName(name)).toBe(true))

  test.each([
    'progressToken',
    'maxTokens',
    'input_tokens',
    'tokenCount',
    'token_type',
    'token_endpoint',
    'tokenizer',
    'authorization_endpoint',
    'author',
    'key',
    'code',
    'message',
    'cursor',
    'keyboard',
    'sessionId'
  ])('%s is not', (name) => expect(isSecretName(name)).toBe(false))

  test.each([
    'Authorization',
    'Proxy-Authorization',
    'Cookie',
    'Set-Cookie',
    'X-Api-Key',
    'Ocp-Apim-Subscription-Key',
    'X-Auth',
    'x-goog-signature',
    'X-Vault-Token'
  ])('the header %s is secret', (name) => expect(isSecretHeader(name)).toBe(true))

  test.each([
    'Accept',
    'Mcp-Session-Id',
    'WWW-Authenticate',
    'Last-Event-ID',
    'Access-Control-Allow-Headers',
    'Host',
    'Origin'
  ])('the header %s is not', (name) => expect(isSecretHeader(name)).toBe(false))
})

describe('a text', () => {
  test.each<[string, string, string]>([
    ['a member', '{"token":"abc","x":1}', '{"token":"[redacted]","x":1}'],
    ['a member with space around', '{ "api_key" : "abc" }', '{ "api_key" : "[redacted]" }'],
    ['a member with an escaped name', '{"tok\\u0065n":"abc"}', '{"tok\\u0065n":"[redacted]"}'],
    ['a member whose value has quotes', '{"password":"a\\"b\\\\","x":"y"}', '{"password":"[redacted]","x":"y"}'],
    ['a number', '{"otp":123456,"n":1}', '{"otp":"[redacted]","n":1}'],
    ['a list', '{"tokens":["a","b"],"x":["c"]}', '{"tokens":["[redacted]","[redacted]"],"x":["c"]}'],
    [
      'an object',
      '{"credentials":{"user":"u","deep":{"value":"v"}}}',
      '{"credentials":{"user":"[redacted]","deep":{"value":"[redacted]"}}}'
    ],
    ['JSON in a string', '{"text":"{\\"password\\":\\"hunter2\\"}"}', '{"text":"{\\"password\\":\\"[redacted]\\"}"}'],
    ['JSON that breaks off', '{"a":{"token":"abc', '{"a":{"token":"[redacted]'],
    ['no JSON at all', 'oops "token": "abc" }', 'oops "token": "[redacted]" }'],
    ['a member after empty lines', '{"token":\n\n"abc"}', '{"token":\n\n"[redacted]"}'],
    ['an event stream', 'id: 1\ndata: {"token":\ndata: "abc"}\n\n', 'id: 1\ndata: {"token":\ndata: "[redacted]"}\n\n'],
    [
      'a query',
      'https://a.example/x?api_key=abc&key=def&page=2',
      'https://a.example/x?api_key=[redacted]&key=[redacted]&page=2'
    ],
    ['a percent-encoded name', '/x?api%5Fkey=abc', '/x?api%5Fkey=[redacted]'],
    ['a credential', 'send Authorization: Bearer abc.def-1234', 'send Authorization: Bearer [redacted]'],
    ['a web token', `see ${jwt}.`, 'see [redacted].'],
    ['a known key format', 'ghp_abcdefghijklmnop1234', '[redacted]'],
    ['a user in a URL', 'postgres://me:hunter2@db/x', 'postgres://[redacted]@db/x'],
    ['a private key', '-----BEGIN EC PRIVATE KEY-----\nabc\n-----END EC PRIVATE KEY-----', '[redacted]']
  ])('with %s is blanked', (_, given, wanted) => {
    expect(blanked(given)).toBe(wanted)
    expect(blanked(wanted)).toBe(wanted)
  })

  test.each([
    ['a progress token', '{"_meta":{"progressToken":"abc"},"params":{"progressToken":7}}'],
    [
      'a schema of secrets',
      '{"properties":{"token":{"type":"string","description":"your token"},"n":{"type":"number"}},"required":["token"]}'
    ],
    ['a pattern of a case', '{"password":{"$is":"string"},"token":{"$get":"t"}}'],
    ['counts of tokens', '{"maxTokens":100,"usage":{"tokens":12}}'],
    ['nothing under a secret name', '{"token":"","password":null,"secret":true}'],
    ['the metadata of a resource', 'Bearer resource_metadata="https://a.example/.well-known/x"'],
    ['words about credentials', 'Uses bearer authentication. Basic usage follows.'],
    ['an error code', '{"error":{"code":-32602,"message":"no such key"}}'],
    ['a query without secrets', '/mcp?page=2&code_challenge_method=S256']
  ])('with %s is left alone', (_, given) => expect(blanked(given)).toBe(given))

  test('of a form is blanked by the names of parameters', () => {
    const form = 'grant_type=authorization_code&code=abc&code_verifier=def&client_id=me'
    expect(blanked(form, 'form')).toBe(
      'grant_type=authorization_code&code=[redacted]&code_verifier=[redacted]&client_id=me'
    )
  })

  test('of lines is read line by line, whatever a broken line left open', () => {
    const given = '{"token":[{"a":\n{"b":"c"}\n{"secret":"d"}\n'
    expect(blanked(given, 'lines')).toBe('{"token":[{"a":\n{"b":"c"}\n{"secret":"[redacted]"}\n')
  })

  test('of events is read event by event, whatever a broken one left open', () => {
    const given = 'data: {"token":[\n\ndata: {"b":"c"}\n\n'
    expect(blanked(given, 'events')).toBe(given)
    expect(blanked(given)).toContain('"b":"[redacted]"')
  })

  test('says what the secrets were', () => {
    expect(secretsIn('{"token":"a\\nb"}')[0]?.values).toEqual(['a\nb'])
  })

  test('with a secret is refused, without telling it', () => {
    const refusal = (): void => refuseSecrets('{"steps":[{"password":"hunter2"}]}', 'the case')
    expect(refusal).toThrow('the case holds what looks like a secret')
    expect(refusal).not.toThrow('hunter2')
    expect(() => refuseSecrets('{"password":"[redacted]"}', 'the case')).not.toThrow()
  })

  test.each([
    ['a long string', JSON.stringify({ blob: 'A1b2'.repeat(1_000_000), token: 'abc' })],
    ['many escapes', JSON.stringify({ text: '\\"'.repeat(500_000), token: 'abc' })],
    ['much space', `{"token"${'\n'.repeat(200_000)}:"abc"}`],
    ['deep nesting', `${'['.repeat(200_000)}{"token":"abc"}`]
  ])('with %s costs neither the stack nor the day', (_, given) => {
    expect(blanked(given).endsWith('"token":"abc"}')).toBe(false)
    expect(secretsIn(given)).toHaveLength(1)
  })
})
