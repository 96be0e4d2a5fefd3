/** The three example cases of the format page, word for word. */
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are placeholders of the fixture format
export const formatExamples = [
  {
    id: 'progress/rises/integer-token',
    title: "Progress for an integer token keeps the token's type and strictly rises",
    revision: ['2025-06-18'],
    level: 'MUST',
    kind: 'positive',
    requirements: ['PROG-06', 'PROG-07', 'PROG-18'],
    transports: ['http', 'stdio'],
    needs: { capabilities: ['/tools'], tools: ['test_tool_with_progress'] },
    steps: [
      {
        request: {
          id: 1,
          method: 'tools/call',
          params: { name: 'test_tool_with_progress', arguments: {}, _meta: { progressToken: 7 } }
        },
        as: 'call'
      },
      { expect: { message: { id: 1, result: { content: { $is: 'array' } } } } },
      {
        collect: { where: { method: 'notifications/progress' } },
        match: {
          $len: [1, null],
          $each: { params: { progressToken: 7, progress: { $is: 'number' } } },
          $rising: '/params/progress'
        }
      },
      { never: { message: { method: 'notifications/progress' } }, forMs: 250 }
    ],
    provenance: { from: 'hand' }
  },
  {
    id: 'jsonrpc/batch/refused',
    title: 'An array of requests is refused in a session that negotiated 2025-06-18',
    revision: ['2025-06-18'],
    level: 'MUST',
    kind: 'negative',
    requirements: ['HTTP-11'],
    transports: ['http'],
    steps: [
      {
        http: {
          method: 'POST',
          body: [
            { jsonrpc: '2.0', id: 1, method: 'ping' },
            { jsonrpc: '2.0', id: 2, method: 'ping' }
          ]
        },
        expect: {
          $any: [
            { status: { $num: [400, 499] } },
            { status: 200, message: { result: { $absent: true }, error: { code: { $is: 'integer' } } } }
          ]
        }
      },
      {
        note: 'the session is still usable',
        request: { id: 3, method: 'ping' },
        expect: { id: 3, result: { $only: {} } }
      }
    ],
    provenance: { from: 'hand' }
  },
  {
    id: 'http/resume/same-stream-only',
    title: 'A resumed stream continues after the last event id and carries nothing of another stream',
    revision: ['2025-06-18'],
    level: 'MUST',
    kind: 'positive',
    requirements: ['RESUME-02', 'RESUME-07', 'RESUME-09'],
    transports: ['http'],
    needs: { capabilities: ['/tools'], tools: ['test_tool_with_progress'], features: ['session'] },
    steps: [
      {
        request: {
          id: 1,
          method: 'tools/call',
          params: { name: 'test_tool_with_progress', arguments: {}, _meta: { progressToken: 'one' } }
        },
        as: 'A'
      },
      {
        request: {
          id: 2,
          method: 'tools/call',
          params: { name: 'test_tool_with_progress', arguments: {}, _meta: { progressToken: 'two' } }
        },
        as: 'B'
      },
      {
        expect: {
          on: 'A',
          message: { method: 'notifications/progress', params: { progressToken: 'one' } },
          sse: { id: { $is: 'string', $len: [1, null], $set: 'first' } }
        },
        orSkip: 'server attaches no event ids'
      },
      { drop: 'A' },
      { wait: 250 },
      {
        listen: 'R',
        lastEventId: '${first}',
        expect: { status: 200, headers: { 'content-type': { $re: '^text/event-stream' } } }
      },
      {
        expect: { on: 'R', message: { id: 1, result: { content: { $is: 'array' } } } },
        withinMs: 2000,
        orSkip: 'server does not replay'
      },
      { never: { on: 'R', message: { $any: [{ id: 2 }, { params: { progressToken: 'two' } }] } }, forMs: 250 },
      {
        collect: { on: 'R', field: 'sse', where: {} },
        match: { $distinct: '/id', $each: { id: { $not: { $get: 'first' } } } }
      },
      { expect: { on: 'B', message: { id: 2, result: { $is: 'object' } } } }
    ],
    provenance: { from: 'hand' }
  }
]
