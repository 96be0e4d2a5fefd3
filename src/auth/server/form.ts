/** The form of the page, as it comes back: bounded, and tied to the browser that got the page. */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { readBody } from './body.ts'

/** A form that was sent; what is not in it is empty. */
export interface Form {
  get(name: string): string
}

const longest = 8192

/** The form of a request; undefined when it is too long. */
export async function readForm(request: IncomingMessage): Promise<Form | undefined> {
  const body = await readBody(request, longest)
  if (body === undefined) return undefined
  const form = /^application\/x-www-form-urlencoded\b/i.test(request.headers['content-type'] ?? '')
    ? new URLSearchParams(body.toString())
    : new URLSearchParams()
  return { get: (name) => form.get(name) ?? '' }
}

/** What a form has to name: nobody can tell it who does not have the cookie of the page. */
export function formToken(uid: string, secret: string): string {
  return createHash('sha256').update(`${uid} ${secret}`).digest('base64url')
}

/** Whether two secrets are one, told in the same time whatever they have in common. */
export function same(one: string, other: string): boolean {
  const [left, right] = [Buffer.from(one), Buffer.from(other)]
  return left.length === right.length && timingSafeEqual(left, right)
}

/** Whether a browser says that a form was sent by another site. */
export function foreign({ headers }: IncomingMessage): boolean {
  const site = headers['sec-fetch-site']
  return site !== undefined && site !== 'same-origin'
}
