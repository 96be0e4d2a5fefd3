import { describe, expect, test } from 'vitest'
import { redact } from '../../../src/conform/redact.ts'
import { exchange, failure, liveSession, otherSession, reportOf, result, userToken } from './sample.ts'

const answer = (headers: Record<string, string>) =>
  ({ atMs: 1, session: 'main', stream: '#1', from: 'server', answer: { status: 200, headers } }) as const
const asked = (headers: Record<string, string>, url = 'http://h/mcp') =>
  ({ atMs: 0, session: 'main', stream: '#1', from: 'client', request: { method: 'POST', url, headers } }) as const
const said = (text: string) => ({ atMs: 2, session: 'main', stream: '#1', from: 'server', text }) as const

describe('a session id that a server gave', () => {
  test('is blanked in headers, bodies, reasons, expected and actual', () => {
    const given = failure('a/b', {
      frames: [...exchange(), said(`{"echo":"${liveSession}"}`)],
      reason: `${liveSession} is not the id`,
      expected: { id: liveSession },
      actual: [{ headers: { 'mcp-session-id': liveSession } }, liveSession]
    })
    const text = JSON.stringify(redact(reportOf([given])))
    expect(text).not.toContain(liveSession)
    expect(text).toContain('[session 1] is not the id')
  })

  test('is blanked in another case than its own, and inside a longer word', () => {
    const one = result('a/one', { frames: exchange() })
    const other = result('a/other', { frames: [said(`event-${liveSession}-7`)] })
    expect(redact(reportOf([other, one])).results[0]?.frames[0]?.text).toBe('event-[session 1]-7')
  })

  test('is blanked as JSON and URLs spell it', () => {
    const one = result('a/one', {
      frames: [answer({ 'mcp-session-id': otherSession }), said(`id=${encodeURIComponent(otherSession)}`)]
    })
    expect(redact(reportOf([one])).results[0]?.frames[1]?.text).toBe('id=[session 1]')
  })

  test('has a number by its first appearance in the case', () => {
    const frames = [
      answer({ 'mcp-session-id': liveSession }),
      answer({ 'mcp-session-id': otherSession }),
      said(`${otherSession} ${liveSession}`)
    ]
    const [first, second] = redact(
      reportOf([result('a/one', { frames }), result('a/two', { frames: frames.slice(1) })])
    ).results
    expect(first?.frames[2]?.text).toBe('[session 2] [session 1]')
    expect(second?.frames[1]?.text).toBe('[session 1] [session 2]')
  })

  test('that begins like another is blanked whole', () => {
    const ids = [liveSession, `${liveSession}-2`]
    const frames = [...ids.map((id) => answer({ 'mcp-session-id': id })), said(`${liveSession}-2!`)]
    expect(redact(reportOf([result('a/one', { frames })])).results[0]?.frames[2]?.text).toBe('[session 2]!')
  })

  test('leaves what the corpus says of the case alone, even when it is a word of that', () => {
    const one = result('http/transports/one', { frames: [answer({ 'mcp-session-id': 'transports' })] })
    expect(redact(reportOf([one])).results[0]).toMatchObject({ id: one.id, title: one.title })
  })

  test('of one digit takes no other digit with it', () => {
    const one = result('a/one', {
      frames: [answer({ 'mcp-session-id': '1' }), said('{"id":1,"session":"1"}')],
      actual: '1'
    })
    const [shown] = redact(reportOf([one])).results
    expect(shown?.frames[0]?.answer?.headers).toEqual({ 'mcp-session-id': '[session 1]' })
    expect(shown?.frames[1]?.text).toBe('{"id":1,"session":"[session 1]"}')
    expect(shown?.actual).toBe('[session 1]')
  })

  test('of a few letters is blanked as a word only', () => {
    const one = result('a/one', { frames: [answer({ 'mcp-session-id': 'abcde' }), said('abcde abcdef x-abcde')] })
    expect(redact(reportOf([one])).results[0]?.frames[1]?.text).toBe('[session 1] abcdef x-abcde')
  })

  test('that is given twice in one header is blanked twice', () => {
    const frames = [
      answer({ 'mcp-session-id': liveSession }),
      asked({ 'MCP-Session-Id': `${liveSession}, ${liveSession}` })
    ]
    expect(redact(reportOf([result('a/one', { frames })])).results[0]?.frames[1]?.request?.headers).toEqual({
      'MCP-Session-Id': '[session 1], [session 1]'
    })
  })
})

describe('a session id that a case made up', () => {
  test('is blanked in that case, and a word in any other', () => {
    const one = result('a/one', { frames: [asked({ 'mcp-session-id': 'constructor' }), said('no "constructor"')] })
    const other = result('a/two', { frames: [said('a constructor')] })
    const [first, second] = redact(reportOf([one, other])).results
    expect(first?.frames[0]?.request?.headers).toEqual({ 'mcp-session-id': '[session 1]' })
    expect(first?.frames[1]?.text).toBe('no "[session 1]"')
    expect(second?.frames[0]?.text).toBe('a constructor')
  })

  test('shows what was added to a live one', () => {
    const frames = [answer({ 'mcp-session-id': liveSession }), asked({ 'mcp-session-id': `${liveSession}x` })]
    expect(redact(reportOf([result('a/one', { frames })])).results[0]?.frames[1]?.request?.headers).toEqual({
      'mcp-session-id': '[session 1]x'
    })
  })
})

describe('a credential', () => {
  test('of the user is blanked everywhere, with and without its scheme', () => {
    const one = failure('a/one', {
      frames: [asked({ 'x-tenant': userToken }), said(`you are ${userToken}`)],
      reason: `Bearer ${userToken} is refused`,
      actual: { [userToken]: `/${userToken}/` }
    })
    const report = reportOf([one], { target: `http://h/${userToken}/mcp` })
    const text = JSON.stringify(redact(report, [`Bearer ${userToken}`]))
    expect(text).not.toContain(userToken)
    expect(text).toContain('[token] is refused')
  })

  test.each(['authorization', 'Cookie', 'set-cookie', 'Proxy-Authorization', 'x-api-key', 'X-Auth-Token'])(
    'in the header %s is blanked whatever it is',
    (name) => {
      const one = result('a/one', { frames: [asked({ [name]: 'Basic eA==' }), answer({ [name]: 'v' })] })
      const [shown] = redact(reportOf([one])).results
      expect(shown?.frames[0]?.request?.headers[name]).toBe('[token]')
      expect(shown?.frames[1]?.answer?.headers[name]).toBe('[token]')
    }
  )

  test('in a judged answer is blanked by the name of its member', () => {
    const one = failure('a/one', {
      actual: { headers: { 'set-cookie': 'sid=9' }, access_token: 'x', progressToken: 'p' }
    })
    expect(redact(reportOf([one])).results[0]?.actual).toEqual({
      headers: { 'set-cookie': '[token]' },
      access_token: '[token]',
      progressToken: 'p'
    })
  })

  test('in the text of a message is blanked, also when that is JSON within JSON', () => {
    const inner = JSON.stringify({ access_token: 'aaa.bbb-ccc', scope: 'x' })
    const one = result('a/one', { frames: [said(inner), said(JSON.stringify({ text: inner }))] })
    const texts = redact(reportOf([one])).results[0]?.frames.map(({ text }) => text)
    expect(texts?.[0]).toContain('"access_token":"[token]')
    expect(texts?.[1]).toContain(String.raw`\"access_token\":\"[token]`)
    expect(texts?.join()).not.toContain('aaa')
  })

  test('in an address is blanked: its user, and members of its query', () => {
    const one = result('a/one', { frames: [asked({}, 'http://me:pw@h/mcp?api_key=k1&page=2')] })
    const shown = redact(reportOf([one], { target: 'http://me:pw@h/mcp?access_token=k2' }))
    expect(shown.target).toBe('http://[token]@h/mcp?access_token=[token]')
    expect(shown.results[0]?.frames[0]?.request?.url).toBe('http://[token]@h/mcp?api_key=[token]&page=2')
  })
})

test('the given report is left as it is', () => {
  const report = reportOf([failure('a/b', { frames: exchange(), actual: { liveSession } })])
  const before = structuredClone(report)
  redact(report, [userToken])
  expect(report).toEqual(before)
})

test('what was blanked once stays as it is', () => {
  const once = redact(reportOf([failure('a/b', { frames: [...exchange(), ...exchange(otherSession)] })]), [userToken])
  expect(redact(once)).toEqual(once)
})
