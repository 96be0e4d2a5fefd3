/** Todos in SQLite. Knows nothing of HTTP and nothing of MCP; tells of changes by an event. */
import { EventEmitter } from 'node:events'
import { type Client, createClient, type Row } from '@libsql/client'

export interface Todo {
  id: number
  list: string
  text: string
  done: boolean
}

export interface List {
  name: string
  open: number
  done: number
}

/** What a caller asked for is not there. */
export class NoSuchTodo extends Error {}

/** Emits `change` with the list and the id of the todo that was added, changed or removed. */
export class Todos extends EventEmitter<{ change: [list: string, id: number] }> {
  readonly #client: Client

  private constructor(client: Client) {
    super()
    this.#client = client
  }

  /** `url` is such as `file:todos.db`, or `:memory:`. */
  static async open(url: string): Promise<Todos> {
    const client = createClient({ url, timeout: 5000 }) // waits so long where another process writes
    await client.execute(`CREATE TABLE IF NOT EXISTS todos (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      list TEXT NOT NULL,
      text TEXT NOT NULL,
      done INTEGER NOT NULL DEFAULT 0
    )`)
    await client.execute('CREATE INDEX IF NOT EXISTS todos_by_list ON todos (list)')
    return new Todos(client)
  }

  /** All lists by name; a list is there as long as it has a todo. */
  async lists(): Promise<List[]> {
    const { rows } = await this.#client.execute(
      'SELECT list, COUNT(*) - SUM(done) AS open, SUM(done) AS done FROM todos GROUP BY list ORDER BY list'
    )
    return rows.map(({ list, open, done }) => ({ name: String(list), open: Number(open), done: Number(done) }))
  }

  /** Names of lists that begin so. */
  async listNames(beginning: string): Promise<string[]> {
    // substr and not LIKE, to which % and _ would mean something
    const { rows } = await this.#client.execute({
      sql: 'SELECT DISTINCT list FROM todos WHERE substr(list, 1, length(?1)) = ?1 ORDER BY list LIMIT 100',
      args: [beginning]
    })
    return rows.map(({ list }) => String(list))
  }

  /** The todos of one list, oldest first. Throws NoSuchTodo for a list that is not there. */
  async list(list: string): Promise<Todo[]> {
    const { rows } = await this.#client.execute({ sql: 'SELECT * FROM todos WHERE list = ? ORDER BY id', args: [list] })
    if (rows.length === 0) throw new NoSuchTodo(`there is no list "${list}"`)
    return rows.map(todoOf)
  }

  /** Throws NoSuchTodo. */
  async get(list: string, id: number): Promise<Todo> {
    const { rows } = await this.#client.execute({
      sql: 'SELECT * FROM todos WHERE list = ? AND id = ?',
      args: [list, id]
    })
    return only(rows, list, id)
  }

  /** Todos of all lists whose text contains this, at most so many. */
  async search(text: string, limit: number): Promise<Todo[]> {
    const { rows } = await this.#client.execute({
      sql: 'SELECT * FROM todos WHERE instr(lower(text), lower(?)) > 0 ORDER BY id LIMIT ?',
      args: [text, limit]
    })
    return rows.map(todoOf)
  }

  async add(list: string, text: string): Promise<Todo> {
    const { rows } = await this.#client.execute({
      sql: 'INSERT INTO todos (list, text) VALUES (?, ?) RETURNING *',
      args: [list, text]
    })
    return this.#changed(todoOf(rows[0] as Row))
  }

  /** Changes what is given and leaves the rest. Throws NoSuchTodo. */
  async change(list: string, id: number, { text, done }: { text?: string; done?: boolean }): Promise<Todo> {
    const { rows } = await this.#client.execute({
      sql: 'UPDATE todos SET text = COALESCE(?, text), done = COALESCE(?, done) WHERE list = ? AND id = ? RETURNING *',
      args: [text ?? null, done ?? null, list, id]
    })
    return this.#changed(only(rows, list, id))
  }

  /** Throws NoSuchTodo. */
  async remove(list: string, id: number): Promise<void> {
    const { rows } = await this.#client.execute({
      sql: 'DELETE FROM todos WHERE list = ? AND id = ? RETURNING *',
      args: [list, id]
    })
    this.#changed(only(rows, list, id))
  }

  /** Removes what is done, and says how much that was. */
  async clear(list: string): Promise<number> {
    const { rows } = await this.#client.execute({
      sql: 'DELETE FROM todos WHERE list = ? AND done = 1 RETURNING *',
      args: [list]
    })
    for (const row of rows) this.#changed(todoOf(row))
    return rows.length
  }

  close(): void {
    this.#client.close()
  }

  #changed(todo: Todo): Todo {
    this.emit('change', todo.list, todo.id)
    return todo
  }
}

function only([row]: Row[], list: string, id: number): Todo {
  if (row === undefined) throw new NoSuchTodo(`there is no todo ${id} in the list "${list}"`)
  return todoOf(row)
}

function todoOf({ id, list, text, done }: Row): Todo {
  return { id: Number(id), list: String(list), text: String(text), done: Number(done) === 1 }
}
