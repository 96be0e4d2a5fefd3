/** The events of one session, kept in memory so that a stream can be resumed; the interface is that of the official SDKs. */

type Send<Message> = { send(eventId: string, message: Message): Promise<void> }

export class MemoryEventStore<Message> {
  /** In order of arrival. An id is the stream and the place in this list. */
  readonly #events: { stream: string; message: Message }[] = []

  async storeEvent(stream: string, message: Message): Promise<string> {
    return `${stream}/${this.#events.push({ stream, message })}`
  }

  async getStreamIdForEventId(eventId: string): Promise<string | undefined> {
    const stream = eventId.slice(0, eventId.lastIndexOf('/'))
    return this.#events[placeOf(eventId) - 1]?.stream === stream ? stream : undefined
  }

  async replayEventsAfter(lastEventId: string, { send }: Send<Message>): Promise<string> {
    const stream = await this.getStreamIdForEventId(lastEventId)
    if (stream === undefined) throw new Error(`no event ${lastEventId}`)
    for (const [index, event] of this.#events.entries())
      if (index >= placeOf(lastEventId) && event.stream === stream) await send(`${stream}/${index + 1}`, event.message)
    return stream
  }
}

function placeOf(eventId: string): number {
  return Number(eventId.slice(eventId.lastIndexOf('/') + 1))
}
