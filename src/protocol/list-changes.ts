/** Changes of lists, told once a turn of the event loop, with who could see them. */
import type { ListName } from './machine.ts'
import type { Visible } from './registry.ts'

export class ListChanges {
  /** Lists that changed in this turn, with who could see the changes; undefined when everybody could. */
  readonly #changed = new Map<ListName, readonly Visible[] | undefined>()
  readonly #tell: (list: ListName, seen: readonly Visible[] | undefined) => void

  /** @param tell told of each list that changed, and who could see one of its changes */
  constructor(tell: (list: ListName, seen: readonly Visible[] | undefined) => void) {
    this.#tell = tell
  }

  note(list: ListName, visible: Visible | undefined): void {
    if (this.#changed.size === 0) queueMicrotask(() => this.#flush())
    const seen = this.#changed.has(list) ? this.#changed.get(list) : []
    this.#changed.set(list, visible === undefined ? undefined : seen?.concat(visible))
  }

  #flush(): void {
    const lists = [...this.#changed]
    this.#changed.clear()
    for (const [list, seen] of lists) this.#tell(list, seen)
  }
}
