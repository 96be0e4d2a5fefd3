/**
 * The exchange: one HTTP request and its answer (http-exchanges.ts), or on stdio one line of the client and what the server
 * said to it (line-exchanges.ts). What stands in it is told apart into messages and other text.
 */
import type { SseEvent } from '../../http/sse.ts'
import { isObject } from '../../protocol/frame.ts'
import type { Json } from '../json.ts'
import type { Exit } from '../peer.ts'
import { parseStrictly } from './strict-json.ts'

export type Headers = Record<string, string>

/** A frame of a stream, a whole body or a line. `at` is the event that completed it. */
export interface Part {
  at: number
  sse?: Omit<SseEvent, 'data'>
  message?: Json
  /** What was there in place of a message. */
  text?: string
}

/** What the client sent, or did. */
export interface Asked {
  /** Of HTTP; or on stdio: a line, listening for what nobody asked for, closing stdin, sending a signal. */
  method: string
  target: string
  headers: Headers
  message?: Json
  text?: string
  paused?: true
}

export interface Exchange {
  /** The events it began and ended with, by their place in the capture. */
  from: number
  to: number
  request: Asked
  answer?: { status: number; headers: Headers }
  parts: Part[]
  /** Who ended it; undefined when the capture ends first. */
  end?: 'server' | 'client' | 'broken'
  /** How the process ended after the client had left. */
  exit?: Pick<Exit, 'code' | 'signal'>
}

/** The methods of exchanges on stdio. */
export const pipe = { line: 'line', listening: 'stdout', eof: 'eof', signal: 'signal' } as const

/** A silence that is worth a note. */
export const pauseMs = 1000

/** What a message is to JSON-RPC; undefined for anything else. */
export function kindOf(message: Json | undefined): 'request' | 'notification' | 'response' | undefined {
  if (!isObject(message)) return undefined
  if (typeof message['method'] === 'string') return 'id' in message ? 'request' : 'notification'
  return 'result' in message || 'error' in message ? 'response' : undefined
}

/** The message a text is, or the text. Throws for a message with a member twice. */
export function contentOf(text: string): { message: Json } | { text: string } {
  try {
    JSON.parse(text)
  } catch {
    return { text }
  }
  return { message: parseStrictly(text) }
}
