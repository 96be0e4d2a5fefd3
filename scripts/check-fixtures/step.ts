/** The step, taken apart: what it sends, and what it judges in the order in which that happens. */
import { type Fixture, type Step, verbOf } from '../../src/conform/fixture.ts'
import { type Json, member, readJson } from '../../src/conform/json.ts'
import { isObject } from '../../src/protocol/frame.ts'

/** Something a step judges. */
export interface Judgement {
  /** Alternatives of which one has to fit; mostly there is one. */
  patterns: Json[]
  /** Whether what its `$set` remember is kept. */
  keeps: boolean
  /** Judged over HTTP only. */
  overHttp?: true
}

/** The templates a step fills and sends. */
export function sentBy(step: Step): Json[] {
  switch (verbOf(step)) {
    case 'request':
    case 'notify':
    case 'respond':
    case 'line':
      return [of(step, verbOf(step))]
    case 'pages':
      return [member(of(step, 'pages'), 'params') ?? {}]
    case 'listen':
      return [of(step, 'lastEventId')]
    case 'http': {
      const request = of(step, 'http')
      return ['path', 'url', 'headers', 'body', 'raw'].map((name) => member(request, name) ?? null)
    }
    default:
      return []
  }
}

/** What a step judges, in order. */
export function judgedBy(step: Step): Judgement[] {
  const own: Judgement[] = []
  switch (verbOf(step)) {
    case 'request':
    case 'notify':
    case 'respond':
      if ('http' in step) own.push({ patterns: [of(step, 'http')], keeps: true, overHttp: true })
      if ('expect' in step) own.push({ patterns: [of(step, 'expect')], keeps: true })
      break
    case 'http':
    case 'listen':
      if ('expect' in step) own.push({ patterns: [of(step, 'expect')], keeps: true })
      break
    case 'expect':
      own.push({ patterns: [selected(of(step, 'expect'))], keeps: true })
      break
    case 'never':
      own.push({ patterns: [selected(of(step, 'never'))], keeps: false })
      break
    case 'collect':
      own.push({ patterns: [member(of(step, 'collect'), 'where') ?? {}], keeps: false })
      if ('match' in step) own.push({ patterns: [of(step, 'match')], keeps: true })
      break
    case 'pages':
      if ('match' in step) own.push({ patterns: [of(step, 'match')], keeps: true })
      break
    case 'exit':
      own.push({ patterns: [of(step, 'exit')], keeps: true })
      break
  }
  const accept = of(step, 'accept')
  if (Array.isArray(accept)) own.push({ patterns: accept.map((one) => member(one, 'match') ?? null), keeps: true })
  return own
}

/** A request or notification that a step sends, however it is written down. */
export interface Message {
  method: string
  id: Json | undefined
  params: Json | undefined
}

/** The requests and notifications a step sends; those of a batch one by one. */
export function messagesOf(step: Step): Message[] {
  const values = verbOf(step) === 'pages' ? [of(step, 'pages')] : sentBy(step).map(parsed)
  return values.flat().flatMap((value) => {
    const method = member(value, 'method')
    if (!isObject(value) || typeof method !== 'string') return []
    return [{ method, id: member(value, 'id'), params: member(value, 'params') }]
  })
}

/** The session a step speaks in; the first has no name of its own. */
export function sessionOf(step: Step): string {
  return step.in ?? firstSession
}

export const firstSession = 'main'

/** The step as people count, with its verb. */
export function placeOf(fixture: Fixture, step: Step): string {
  return `step ${fixture.steps.indexOf(step) + 1} (${verbOf(step)})`
}

/** A selector as a pattern: the stream's name is none. */
function selected(selector: Json): Json {
  if (!isObject(selector)) return selector
  return Object.fromEntries(Object.entries(selector).filter(([name]) => name !== 'on')) as Json
}

/** Text that is JSON is looked into: a raw body and a line are messages, too. */
function parsed(value: Json): Json {
  return typeof value === 'string' ? (readJson(value) ?? value) : value
}

function of(step: Step, name: string): Json {
  return member(step as unknown as Json, name) ?? null
}
