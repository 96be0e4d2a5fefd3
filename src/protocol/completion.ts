/** completion/complete over the completers of all rooms (server/utilities/completion). */
import { ProtocolError } from './errors.ts'
import type { Call, Completer, Feature } from './feature.ts'
import type { CompleteParams, CompleteResult } from './types/index.ts'

/** Most values of one answer (COMP-09). */
const maxValues = 100

/**
 * The method over these features. Throws unknownReference for a prompt or template that does not exist (COMP-14), a TypeError for
 * suggestions that are no texts: a fault of the handler.
 */
export function completion(
  features: readonly Feature[]
): (params: CompleteParams, call: Call) => Promise<CompleteResult> {
  const completers: Record<string, Completer> = Object.assign(
    {},
    ...features.map((feature) => feature.completers ?? {})
  )
  return async (params, call) => {
    const { ref, argument } = params
    const all = await completers[ref.type]?.(params, call)
    if (all === undefined) {
      const subject = ref.type === 'ref/prompt' ? ref.name : ref.uri
      throw new ProtocolError('unknownReference', {
        subject,
        expected: 'a prompt or a resource template that is listed',
        received: ref
      })
    }
    const values = Array.isArray(all) ? Array.from(all.slice(0, maxValues)) : [undefined]
    if (values.some((value: unknown) => typeof value !== 'string'))
      throw new TypeError(`the completion of "${argument.name}" answered with something that is no list of texts`)
    return { completion: { values, total: all.length, hasMore: all.length > maxValues } }
  }
}
