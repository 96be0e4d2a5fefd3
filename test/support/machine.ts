/** The machine alone: a session's state, and inputs in short. */
import { type Effect, type Input, openState, type State, step } from '../../src/protocol/machine.ts'
import { applyChange, type Session } from '../../src/protocol/session.ts'
import type { RequestId } from '../../src/protocol/types/index.ts'

/** A fresh record whose handshake is over, offered everything, of a client that can everything. */
export function session(changes: Partial<Session> = {}): Session {
  return {
    id: 's',
    revision: '2025-06-18',
    client: {
      info: { name: 'test', version: '0' },
      capabilities: { roots: {}, sampling: {}, elicitation: {} }
    },
    offered: {
      logging: {},
      completions: {},
      tools: { listChanged: true },
      resources: { subscribe: true, listChanged: true },
      prompts: { listChanged: true }
    },
    ready: true,
    level: 'info',
    subscriptions: [],
    data: {},
    ...changes
  }
}

export class Machine {
  readonly state: State

  constructor(changes: Partial<Session> = {}, inFlight = 64) {
    this.state = openState(session(changes), inFlight)
  }

  /** One decision; what is to be remembered is, as a host would. */
  tell(input: Input): Effect[] {
    const effects = step(this.state, input)
    for (const effect of effects) if (effect.do === 'remember') applyChange(this.state.session, effect.change)
    return effects
  }

  request(id: RequestId, method = 'tools/call', params: Record<string, unknown> = { name: 'a' }): Effect[] {
    return this.tell({ is: 'arrived', message: { is: 'request', id, method, params } })
  }

  notify(method: string, params?: Record<string, unknown>): Effect[] {
    return this.tell({ is: 'arrived', message: { is: 'notification', method, params } })
  }

  cancel(requestId: unknown): Effect[] {
    return this.notify('notifications/cancelled', { requestId })
  }

  answer(id: RequestId, result: Record<string, unknown>): Effect[] {
    return this.tell({ is: 'arrived', message: { is: 'response', id, result } })
  }

  ask(ask: RequestId, request: RequestId): Effect[] {
    return this.tell({ is: 'asked', ask, request, method: 'roots/list', params: undefined })
  }
}

/** What each effect does, in short: frames by method or kind. */
export function did(effects: readonly Effect[]): string[] {
  return effects.map((effect) => {
    if (effect.do === 'send') return `send ${JSON.parse(effect.text).method} on ${JSON.stringify(effect.on)}`
    if (effect.do === 'refuse') return `refuse ${effect.error.kind}`
    if (effect.do === 'wake')
      return 'failure' in effect.answer ? `wake ${effect.ask} ${effect.answer.failure.reason}` : `wake ${effect.ask}`
    if (effect.do === 'run') return `run ${effect.request.method}`
    if (effect.do === 'remember') return `remember ${effect.change.change}`
    if (effect.do === 'answer' || effect.do === 'stop' || effect.do === 'end')
      return `${effect.do} ${JSON.stringify(effect.request)}`
    return effect.do
  })
}
