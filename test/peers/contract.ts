/** What the reference server answers, to the letter. */
import { expect } from 'vitest'

const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mP4z8AAAAMBAQD3A0FDAAAAAElFTkSuQmCC'
const wav = 'UklGRiwAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQgAAAAAAAAAAAAAAA=='

export const text = (value: string) => ({ type: 'text', text: value })
export const say = (value: string) => ({ content: [text(value)] })
export const failure = (value: string) => ({ content: [text(value)], isError: true })

export const capabilities = {
  tools: { listChanged: true },
  resources: { subscribe: true, listChanged: true },
  prompts: { listChanged: true },
  logging: {},
  completions: {}
}

export const firstPage = [
  'test_simple_text',
  'test_image_content',
  'test_audio_content',
  'test_embedded_resource',
  'test_multiple_content_types',
  'test_tool_with_logging',
  'test_tool_with_progress',
  'test_error_handling',
  'test_sampling',
  'test_elicitation'
]

export const furtherTools = [
  'test_slow',
  'test_structured',
  'test_resource_link',
  'test_touch_watched',
  'test_toggle_dynamic',
  'test_list_roots'
]

/** Tools that need no client: name, arguments, result. */
export const toolResults: [name: string, args: Record<string, unknown> | undefined, result: object][] = [
  ['test_simple_text', undefined, say('This is a simple text response for testing.')],
  ['test_simple_text', {}, say('This is a simple text response for testing.')],
  ['test_image_content', {}, { content: [{ type: 'image', data: png, mimeType: 'image/png' }] }],
  ['test_audio_content', {}, { content: [{ type: 'audio', data: wav, mimeType: 'audio/wav' }] }],
  [
    'test_embedded_resource',
    {},
    {
      content: [
        {
          type: 'resource',
          resource: {
            uri: 'test://embedded-resource',
            mimeType: 'text/plain',
            text: 'This is an embedded resource content.'
          }
        }
      ]
    }
  ],
  [
    'test_multiple_content_types',
    {},
    {
      content: [
        text('Multiple content types test:'),
        { type: 'image', data: png, mimeType: 'image/png' },
        {
          type: 'resource',
          resource: {
            uri: 'test://mixed-content-resource',
            mimeType: 'application/json',
            text: '{"test":"data","value":123}'
          }
        }
      ]
    }
  ],
  ['test_tool_with_logging', {}, say('Tool with logging executed successfully')],
  ['test_tool_with_progress', {}, say('Tool with progress executed successfully')],
  ['test_error_handling', {}, failure('This tool intentionally returns an error for testing')],
  ['test_sampling', { prompt: 'Hello' }, failure('Client does not support sampling')],
  ['test_elicitation', { message: 'Who?' }, failure('Client does not support elicitation')],
  ['test_slow', { ms: 0 }, say('slow done')],
  ['test_structured', {}, { content: [text('{"n":1}')], structuredContent: { n: 1 } }],
  [
    'test_resource_link',
    {},
    {
      content: [{ type: 'resource_link', uri: 'test://static-text', name: 'static-text', mimeType: 'text/plain' }]
    }
  ],
  ['test_touch_watched', {}, say('touched')],
  ['test_list_roots', {}, failure('Client does not support roots')]
]

export const resourceUris = ['test://static-text', 'test://static-binary', 'test://watched-resource']

export const resourceResults: [uri: string, contents: object][] = [
  ['test://static-text', { mimeType: 'text/plain', text: 'This is the content of the static text resource.' }],
  ['test://static-binary', { mimeType: 'image/png', blob: png }],
  ['test://watched-resource', { mimeType: 'text/plain', text: 'Watched resource content' }],
  [
    'test://template/123/data',
    { mimeType: 'application/json', text: '{"id":"123","templateTest":true,"data":"Data for ID: 123"}' }
  ],
  [
    'test://template/%C3%A4%20b/data',
    { mimeType: 'application/json', text: '{"id":"ä b","templateTest":true,"data":"Data for ID: ä b"}' }
  ]
]

const user = (content: object) => ({ role: 'user', content })

export const promptResults: [name: string, args: Record<string, string> | undefined, messages: object[]][] = [
  ['test_simple_prompt', undefined, [user(text('This is a simple prompt for testing.'))]],
  [
    'test_prompt_with_arguments',
    { arg1: 'héllo', arg2: "it's" },
    [user(text("Prompt with arguments: arg1='héllo', arg2='it's'"))]
  ],
  [
    'test_prompt_with_embedded_resource',
    { resourceUri: 'test://given' },
    [
      user({
        type: 'resource',
        resource: { uri: 'test://given', mimeType: 'text/plain', text: 'Embedded resource content for testing.' }
      }),
      user(text('Please process the embedded resource above.'))
    ]
  ],
  [
    'test_prompt_with_image',
    undefined,
    [user({ type: 'image', data: png, mimeType: 'image/png' }), user(text('Please analyze the image above.'))]
  ]
]

const promptArgument = (argument: object, context?: object) => ({
  ref: { type: 'ref/prompt', name: 'test_prompt_with_arguments' },
  argument,
  ...(context === undefined ? {} : { context })
})
const templateId = (value: string) => ({
  ref: { type: 'ref/resource', uri: 'test://template/{id}/data' },
  argument: { name: 'id', value }
})
const exactly = (values: string[], total = values.length, hasMore = false) => ({ values, total, hasMore })
const numbers = Array.from({ length: 150 }, (_, index) => String(index + 1))

export const completions: [what: string, params: object, completion: object][] = [
  ['a prefix', promptArgument({ name: 'arg1', value: 'par' }), exactly(['paris', 'park', 'party'])],
  ['no match', promptArgument({ name: 'arg1', value: 'Par' }), exactly([])],
  ['no context', promptArgument({ name: 'arg2', value: '' }), exactly(['one', 'two'])],
  ['a context', promptArgument({ name: 'arg2', value: '' }, { arguments: { arg1: 'X' } }), exactly(['X-one', 'X-two'])],
  ['an argument nobody completes', promptArgument({ name: 'arg3', value: '' }), exactly([])],
  ['more than a hundred', templateId(''), exactly(numbers.slice(0, 100), 150, true)],
  ['fewer than a hundred', templateId('14'), exactly(numbers.filter((number) => number.startsWith('14')))]
]

export const askedToSample = { messages: [user(text('Hello'))], maxTokens: 100 }

export const askedToElicit = {
  message: 'Who?',
  requestedSchema: {
    type: 'object',
    properties: {
      username: { type: 'string', description: "User's response" },
      email: { type: 'string', format: 'email', description: "User's email address" }
    },
    required: ['username', 'email']
  }
}

/** Requests that earn an error: method, params, code, message. */
export const refusals: [what: string, method: string, params: Record<string, unknown>, error: object][] = [
  ['an unknown method', 'acme/none', {}, { code: -32601 }],
  ['an unknown tool', 'tools/call', { name: 'none' }, { code: -32602, message: 'Unknown tool: none' }],
  [
    'arguments that do not fit',
    'tools/call',
    { name: 'test_slow', arguments: {} },
    { code: -32602, message: expect.stringContaining('ms') }
  ],
  ['arguments too many', 'tools/call', { name: 'test_simple_text', arguments: { more: 1 } }, { code: -32602 }],
  [
    'an unknown resource',
    'resources/read',
    { uri: 'test://none' },
    { code: -32002, message: 'Resource not found', data: { uri: 'test://none' } }
  ],
  ['a subscription to nothing', 'resources/subscribe', { uri: 'test://none' }, { code: -32002 }],
  ['an unknown prompt', 'prompts/get', { name: 'none' }, { code: -32602 }],
  ['a missing argument', 'prompts/get', { name: 'test_prompt_with_arguments' }, { code: -32602 }],
  ['a bad cursor', 'tools/list', { cursor: 'none' }, { code: -32602 }],
  ['an unknown level', 'logging/setLevel', { level: 'loud' }, { code: -32602 }],
  [
    'a reference to nothing',
    'completion/complete',
    { ref: { type: 'ref/prompt', name: 'none' }, argument: { name: 'a', value: '' } },
    { code: -32602 }
  ]
]
