/** How every frame that crosses is shown to whoever listens in, for a recorder or a viewer. */
import type { ProtocolError } from './errors.ts'
import type { Clock, Tap } from './ports.ts'

/** Shows one frame; `error` is what refuses it. */
export type ShowFrame = (
  direction: 'in' | 'out',
  exchange: number,
  session: string | undefined,
  frame: string | null,
  error?: ProtocolError
) => void

/** Undefined without a listener, so that nothing is made for nobody; what a listener throws is told to `fault`. */
export function tapped(
  tap: Tap | undefined,
  clock: Clock,
  fault: (error: unknown, what: string) => void
): ShowFrame | undefined {
  if (tap === undefined) return undefined
  return (direction, exchange, session, frame, error) => {
    const shown = { at: clock.now(), direction, exchange, session, frame }
    try {
      tap(error === undefined ? shown : { ...shown, requirement: error.requirement })
    } catch (broken) {
      fault(broken, 'onFrame failed')
    }
  }
}
