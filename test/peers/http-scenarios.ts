/** What the official clients do over HTTP alone: streams that break and are resumed, sessions that end. */
import { once } from 'node:events'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { say } from './contract.ts'
import { type Exchange, HttpDoor } from './doors.ts'
import type { Sdk } from './peer.ts'

const who = { username: 'testuser', email: 'test@example.com' }
const watched = { uri: 'test://watched-resource' }
const updated = 'notifications/resources/updated'
const isResumption = ({ method, headers }: Exchange) => method === 'GET' && headers.has('last-event-id')
const isListening = ({ method, headers }: Exchange) => method === 'GET' && !headers.has('last-event-id')
const isCall = ({ message }: Exchange) => message === 'tools/call'

const scenarios: Record<string, (door: HttpDoor) => Promise<void>> = {
  async 'the negotiated revision and the session go with every later request'(door) {
    const { client } = await door.connect()
    await door.hearing()
    await client.ping()
    const [first, ...later] = door.exchanges.filter(({ message }) => message !== 'server/discover')
    expect(first?.message).toBe('initialize')
    for (const { headers } of later) {
      expect(headers.get('mcp-session-id')).toBe(door.transport.sessionId)
      expect(headers.get('mcp-protocol-version')).toBe('2025-06-18')
    }
  },

  async 'a call whose connection breaks while the user is asked gets its result'(door) {
    const { call } = await door.connect({
      'elicitation/create': async () => {
        door.proxy.cut()
        await door.until(isResumption)
        return { action: 'accept', content: who }
      }
    })
    await door.hearing()
    expect(await call('test_elicitation', { message: 'Who?' })).toEqual(
      say(`User response: action=accept, content=${JSON.stringify(who)}`)
    )
    expect(door.exchanges.filter(isCall)).toHaveLength(1)
  },

  async 'what a call says while its connection is broken is said again'(door) {
    const { call } = await door.connect()
    await door.hearing()
    const steps: number[] = []
    const done = door.oracle.untilSent(
      ({ result }) => JSON.stringify(result)?.includes('with progress executed') === true
    )
    const result = await call(
      'test_tool_with_progress',
      {},
      {
        onprogress({ progress }) {
          steps.push(progress)
          if (progress === 0) door.proxy.cutUntil(done)
        }
      }
    )
    expect(result).toEqual(say('Tool with progress executed successfully'))
    expect(steps).toEqual([0, 50, 100])
    expect(await door.until(isResumption)).toMatchObject([{ status: 200 }])
    expect(door.exchanges.filter(isCall)).toHaveLength(1)
  },

  async 'a change that happened while nobody could hear of it is told once'(door) {
    const { client, call, noted } = await door.connect()
    await door.hearing()
    await client.subscribeResource(watched)
    await call('test_touch_watched')
    await noted.until(updated, 1)
    door.proxy.cutUntil(door.oracle.untilSent(({ method }) => method === updated, 3))
    door.app.mcp.updated(watched.uri)
    door.app.mcp.updated(watched.uri)
    expect(await noted.until(updated, 3)).toEqual([watched, watched, watched])
    expect(await door.until(isResumption)).toMatchObject([{ status: 200 }])
    await client.ping()
    expect(noted.all).toHaveLength(3)
  },

  async 'a cancelled call stops on the server'(door) {
    const stopped = new Promise<AbortSignal>((tell) => {
      door.app.mcp.tool('test_endless', { description: 'Runs until it is stopped.' }, async (_, context) => {
        context.progress({ progress: 1 })
        await once(context.signal, 'abort')
        tell(context.signal)
        return 'late'
      })
    })
    const { call } = await door.connect()
    const leaving = new AbortController()
    const endless = call('test_endless', {}, { signal: leaving.signal, onprogress: () => leaving.abort('enough') })
    await expect(endless).rejects.toThrow()
    expect((await stopped).reason).toMatchObject({ message: expect.stringContaining('enough') })
    expect(door.app.mcp.host.load.calls).toBe(0)
  },

  // BUG: a stream that ends without a result makes both SDKs come back with Last-Event-ID; when that ends too, without
  // an event, they open one more stream of the session's own, until eight are open and nothing can be resumed any more
  async 'cancelled calls leave no streams behind'(door) {
    const { call } = await door.connect()
    await door.hearing()
    for (let times = 1; times <= 5; times += 1) {
      const leaving = new AbortController()
      const options = { signal: leaving.signal, onprogress: () => leaving.abort('enough') }
      await expect(call('test_tool_with_progress', {}, options)).rejects.toThrow()
      await door.until(isResumption, times)
    }
    expect(door.exchanges.filter(isListening)).toHaveLength(1)
    expect(door.app.mcp.host.load.streams).toBe(1)
  },

  async 'a session that the client ended is over'(door) {
    const { client } = await door.connect()
    await door.hearing()
    const headers = { 'mcp-session-id': door.transport.sessionId ?? '' }
    await door.transport.terminateSession()
    expect(door.exchanges.at(-1)).toMatchObject({ method: 'DELETE', status: 204 })
    expect(door.app.mcp.host.load).toEqual({ sessions: 0, streams: 0, calls: 0 })
    await expect(client.ping()).rejects.toThrow()
    for (const method of ['GET', 'DELETE']) expect((await fetch(door.url, { method, headers })).status).toBe(404)
  },

  async 'a session that ended elsewhere is told apart by 404, and a new one begins'(door) {
    const { client } = await door.connect()
    await fetch(door.url, { method: 'DELETE', headers: { 'mcp-session-id': door.transport.sessionId ?? '' } })
    const error = await client.ping().then(
      () => expect.fail('a session that is over was served'),
      (reason) => reason
    )
    // SDK v1 calls the status code, SDK v2 status
    expect([error.code, error.status]).toContain(404)
    const { call } = await door.connect()
    expect(await call('test_slow', { ms: 0 })).toEqual(say('slow done'))
  },

  async 'two clients share nothing'(door) {
    const first = await door.connect()
    await door.until(isListening, 1)
    const second = await door.connect()
    await door.until(isListening, 2)
    await second.client.subscribeResource(watched)
    await first.call('test_toggle_dynamic')
    await first.call('test_touch_watched')
    expect(await second.noted.until(updated)).toEqual([watched])
    await first.noted.until('notifications/tools/list_changed')
    await expect(second.call('test_dynamic')).rejects.toThrow()
    expect(await first.call('test_dynamic')).toEqual(say('dynamic'))
    expect([first.noted.all.length, second.noted.all.length]).toEqual([1, 1])
  },

  async 'the server closes although a client listens'(door) {
    await door.connect()
    await door.hearing()
    await door.app.close()
    expect(door.app.mcp.host.load).toEqual({ sessions: 0, streams: 0, calls: 0 })
  }
}

/** Plays every scenario with one SDK; the oracle has the last word. */
export function playHttp(sdk: Sdk): void {
  describe(`${sdk.name} over HTTP alone`, () => {
    let door: HttpDoor
    beforeEach(async () => {
      door = await HttpDoor.opened(sdk)
    })
    afterEach(async () => {
      await door.close()
      door.oracle.verify()
    })
    test.each(Object.entries(scenarios))('%s', (_, scenario) => scenario(door))
  })
}
