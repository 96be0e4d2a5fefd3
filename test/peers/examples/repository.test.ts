/** Issues and trees of repositories, with a tracker that is watched and git repositories made for the test. */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Peer } from '../peer.ts'
import { sdks } from './clients.ts'
import { Folder, Program } from './program.ts'
import { largeTree, layOut, oddTree } from './repositories.ts'
import { Upstream } from './upstream.ts'

const server = 'examples/repository/server.ts'
const folder = new Folder()
const REPOSITORIES = layOut(folder.path)
afterAll(() => folder.remove())

const says = (text: string) => ({ content: [{ type: 'text', text }], isError: true })
const crash = { title: 'It crashes', severity: 'high' }

/** The lines of a tree. */
async function tree(client: Peer['client'], uri: string): Promise<string[]> {
  const { contents } = (await client.readResource({ uri })) as { contents: { text: string; mimeType: string }[] }
  const [{ text, mimeType } = { text: '', mimeType: '' }] = contents
  expect(mimeType).toBe('text/plain')
  return text.split('\n').slice(0, -1)
}

describe.each(sdks)('$name and the repositories', ({ connect }) => {
  let program: Program & { url: string }
  let upstream: Upstream
  beforeAll(async () => {
    upstream = await Upstream.listening()
    program = await Program.listening(server, { REPOSITORIES, TRACKER_URL: upstream.url })
  })
  afterAll(async () => {
    expect(await program.stop()).toBe(0)
    await upstream.close()
  })

  test('create_issue says what it takes', async () => {
    const { client, request } = await connect(program.url)
    const { tools } = (await request('tools/list')) as { tools: { name: string }[] }
    expect(tools.find(({ name }) => name === 'create_issue')).toMatchObject({
      inputSchema: {
        properties: {
          repository: { type: 'string', pattern: expect.stringMatching(/^\^.*\$$/) },
          severity: { type: 'string', enum: ['low', 'medium', 'high', 'critical'] }
        },
        required: ['repository', 'title', 'severity']
      }
    })
    await client.close()
  })

  test('an issue is created and listed by its severity', async () => {
    const { client, call } = await connect(program.url)
    const created = await call('create_issue', { repository: 'acme/odd', ...crash, labels: ['bug'] })
    expect(created['structuredContent']).toMatchObject({ number: 1, severity: 'high', labels: ['bug'] })
    const list = (severity: string) => call('list_issues', { repository: 'acme/odd', severity })
    expect(await list('high')).toMatchObject({ structuredContent: { issues: [created['structuredContent']] } })
    expect(await list('low')).toMatchObject({ structuredContent: { issues: [] } })
    await client.close()
  })

  test.each([
    ['a severity that is none', { ...crash, severity: 'urgent' }],
    ['no title', { severity: 'low' }],
    ['a repository that is a path', { ...crash, repository: '../odd' }],
    ['a repository without an owner', { ...crash, repository: 'odd' }]
  ])('%s is refused, and the tracker hears nothing', async (_, wrong) => {
    const { client, call } = await connect(program.url)
    const before = upstream.requests.length
    const args = { repository: 'acme/odd', ...wrong }
    await expect(call('create_issue', args)).rejects.toMatchObject({ code: -32602 })
    expect(upstream.requests.length).toBe(before)
    await client.close()
  })

  test('a label that is none is told with those that are, which are asked for once', async () => {
    const { client, call } = await connect(program.url)
    const create = (label: string) => call('create_issue', { repository: 'acme/labels', ...crash, labels: [label] })
    expect(await create('bugs')).toEqual(says('There is no label bugs. There are: bug, crash, typo.'))
    await create('bug')
    const about = upstream.requests.filter((request) => request.includes('/acme/labels/'))
    expect(about).toEqual(['GET /repos/acme/labels/labels', 'POST /repos/acme/labels/issues'])
    await client.close()
  })

  test.each([
    ['a refusal', 'stranger/odd', 'The issue tracker answered with status 404: it has no such thing.'],
    [
      'a failure',
      'acme/busy',
      'The issue tracker answered with status 503: it is not available at the moment. It asks to try again in 7 s.'
    ],
    ['a lost connection', 'acme/broken', 'The issue tracker cannot be reached.']
  ])('%s of the tracker is told to the model', async (_, repository, text) => {
    const { client, call } = await connect(program.url)
    expect(await call('list_issues', { repository })).toEqual(says(text))
    await client.close()
  })

  test('of 20 calls 8 are with the tracker at one time, whatever tools they call', async () => {
    const { client, call } = await connect(program.url)
    upstream.hold()
    const odd = (index: number) => index % 2 === 1
    const start = (index: number) =>
      odd(index)
        ? call('create_issue', { repository: 'acme/held', ...crash })
        : call('list_issues', { repository: 'acme/held' })
    const calls = Array.from({ length: 20 }, (_, index) => start(index))
    // 8 run, 16 may wait, and the one for which there is no room is answered: by then all others are where they stay
    const further = Array.from({ length: 5 }, (_, index) => start(index))
    const [refused] = await Promise.all([Promise.race([...calls, ...further]), upstream.holding(8)])
    expect(refused).toEqual(says(expect.stringContaining('at most 8 calls at one time') as unknown as string))
    expect(upstream.now).toBe(8)

    upstream.release()
    const results = await Promise.all([...calls, ...further])
    expect(results.filter(({ isError }) => isError === true)).toEqual([refused])
    expect(upstream.most).toBe(8)
    await client.close()
  })

  test('the tree of a repository is what git says', async () => {
    const { client } = await connect(program.url)
    expect((await tree(client, 'repo://acme/odd/tree')).sort()).toEqual([...oddTree].sort())
    await client.close()
  })

  test('a tree of 20,000 files comes whole', async () => {
    const { client } = await connect(program.url)
    expect(await tree(client, 'repo://acme/large/tree')).toEqual(largeTree)
    await client.close()
  })

  test.each([
    ['a folder without a repository', 'acme/plain'],
    ['a repository that is not there', 'acme/none'],
    ['a link out of the root', 'acme/linked'],
    ['a pointer to another repository', 'acme/pointer'],
    ['a path upward', 'acme/..%2F..%2F..%2Fbeside'],
    ['a path to another owner', 'acme/..%2Fother%2Fwidget'],
    ['the folder above', '../beside'],
    ['the folder above, in disguise', '%2E%2E/beside'],
    ['an absolute path', `acme/${encodeURIComponent(join(folder.path, 'beside'))}`],
    ['an option of git', '--git-dir=..%2Fbeside/odd'],
    ['a command', 'acme/%3Btouch%20pwned'],
    ['a NUL byte', 'acme/odd%00']
  ])('there is no tree of %s', async (_, path) => {
    const { client } = await connect(program.url)
    await expect(client.readResource({ uri: `repo://${path}/tree` })).rejects.toThrow('Resource not found')
    await client.close()
  })

  test('git looks for no repository above a broken one', async () => {
    const { client } = await connect(program.url)
    await expect(client.readResource({ uri: 'repo://acme/hollow/tree' })).rejects.toMatchObject({ code: -32603 })
    await client.close()
  })

  test('owners are completed, and names of the owner that was chosen', async () => {
    const { client } = await connect(program.url)
    const complete = async (name: string, value: string, owner?: string): Promise<unknown> => {
      const ref = { type: 'ref/resource', uri: 'repo://{owner}/{name}/tree' }
      const context = owner === undefined ? {} : { context: { arguments: { owner } } }
      const { completion } = await client.complete({ ref, argument: { name, value }, ...context })
      return (completion as { values: string[] }).values
    }
    expect(await complete('owner', '')).toEqual(['acme', 'other'])
    expect(await complete('name', 'l', 'acme')).toEqual(['large'])
    expect(await complete('name', '', '..')).toEqual([])
    await client.close()
  })
})

test('a call that takes too long ends, and so does its request to the tracker', async () => {
  const upstream = await Upstream.listening()
  const program = await Program.listening(server, { REPOSITORIES, TRACKER_URL: upstream.url, TIMEOUT_MS: '100' })
  upstream.hold()
  const { client, call } = await (sdks[0] as (typeof sdks)[0]).connect(program.url)
  const limit = 'Time limit: the tool "list_issues" may run for 0.1 s, and was stopped before it had a result.'
  expect(await call('list_issues', { repository: 'acme/held' })).toEqual(says(limit))
  await upstream.abandoned
  await client.close()
  await program.stop()
  await upstream.close()
})

test('without a tracker it brings one, and ends it with itself', async () => {
  const program = await Program.listening(server, { REPOSITORIES })
  const { client, call } = await (sdks[0] as (typeof sdks)[0]).connect(program.url)
  const { structuredContent } = await call('create_issue', { repository: 'acme/odd', ...crash })
  expect(structuredContent).toMatchObject({ number: 1 })
  await client.close()
  expect(await program.stop()).toBe(0)
})
