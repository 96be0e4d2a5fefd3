/**
 * Our schemas before three judges: the official schema file, wherever it lies beside the checkout, the schemas the
 * official SDK exports, and the document we generate. Each sample below is a value with our verdict; every judge must
 * share it, save for the declared differences, and a difference that is no longer one fails too.
 */
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import * as sdk from '@modelcontextprotocol/sdk/types.js'
import { Ajv, type AnySchemaObject } from 'ajv'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { schemaDocument, schemaFile } from '../scripts/generate-schema.ts'
import { definitions } from '../src/protocol/types/definitions.ts'
import { type ContentBlock, type LoggingLevel, loggingLevels, type Role } from '../src/protocol/types/index.ts'

type Judge = (definition: string, value: unknown) => boolean
type Samples = { [definition: string]: { accepts: { [what: string]: unknown }; refuses: { [what: string]: unknown } } }

const text = { type: 'text', text: 'hello' }
const image = { type: 'image', data: 'aGVsbG8=', mimeType: 'image/png' }
const audio = { type: 'audio', data: 'aGVsbG8=', mimeType: 'audio/wav' }
const link = { type: 'resource_link', uri: 'file:///a.txt', name: 'a' }
const embedded = { type: 'resource', resource: { uri: 'file:///a.txt', text: 'hello' } }
const peer = { name: 'peer', version: '1.0.0' }
const tool = { name: 'add', inputSchema: { type: 'object' } }
const said = { role: 'user', content: text }
const form = { type: 'object', properties: { name: { type: 'string' } } }
const initialize = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: peer }

/** What every request of one page is asked: which method, and a cursor or none. */
const paged = (method: string): Samples[string] => ({
  accepts: {
    'no params': { method },
    'a cursor': { method, params: { cursor: 'next' } },
    'metadata with a progress token': { method, params: { _meta: { progressToken: 7 } } }
  },
  refuses: {
    'another method': { method: 'ping/pong' },
    'a cursor that is a number': { method, params: { cursor: 2 } },
    'a null cursor': { method, params: { cursor: null } },
    'params that are a list': { method, params: [] }
  }
})

/** What every page of a list is asked: the list, and a next cursor or none. */
const page = (list: string, item: object): Samples[string] => ({
  accepts: {
    'an empty page': { [list]: [] },
    'a page with a next cursor and metadata': { [list]: [item], nextCursor: 'next', _meta: { a: 1 } },
    'members it does not know': { [list]: [], more: true }
  },
  refuses: {
    'a page without its list': {},
    'an item that is null': { [list]: [null] },
    'a null next cursor': { [list]: [item], nextCursor: null }
  }
})

/** What every notification without params of its own is asked. */
const bare = (method: string): Samples[string] => ({
  accepts: {
    'no params': { method },
    'metadata and members it does not know': { method, params: { _meta: { a: 1 }, more: true } }
  },
  refuses: {
    'another method': { method: 'notifications/else' },
    'metadata that is text': { method, params: { _meta: 'a' } }
  }
})

/** What every request for one address is asked. */
const addressed = (method: string): Samples[string] => ({
  accepts: {
    'an address': { method, params: { uri: 'file:///a.txt' } },
    'an address and a progress token': { method, params: { uri: 'file:///a.txt', _meta: { progressToken: 'p' } } }
  },
  refuses: {
    'no params': { method },
    'params without an address': { method, params: {} },
    'an address that is null': { method, params: { uri: null } },
    'metadata that is a number': { method, params: { uri: 'file:///a.txt', _meta: 5 } }
  }
})

const samples: Samples = {
  Annotations: {
    accepts: {
      nothing: {},
      'all its hints': { audience: ['user', 'assistant'], priority: 0.5, lastModified: '2025-06-18T10:00:00Z' },
      'the greatest priority': { priority: 1 },
      'a date it cannot read': { lastModified: 'yesterday' }
    },
    refuses: {
      'a priority above one': { priority: 1.01 },
      'a priority below zero': { priority: -1 },
      'an unknown role': { audience: ['system'] },
      'an audience that is not a list': { audience: 'user' }
    }
  },
  AudioContent: {
    accepts: { 'a sound': audio, 'data that is not base64': { ...audio, data: '***' } },
    refuses: { 'a sound without data': { type: 'audio', mimeType: 'audio/wav' }, 'a picture': image }
  },
  BaseMetadata: {
    accepts: { 'a name and a title': { name: 'a', title: 'A' } },
    refuses: { 'a title alone': { title: 'A' }, 'a null title': { name: 'a', title: null } }
  },
  BlobResourceContents: {
    accepts: { bytes: { uri: 'file:///a', blob: 'aGVsbG8=' } },
    refuses: { 'text in place of bytes': { uri: 'file:///a', text: 'hello' }, 'bytes without an address': { blob: '' } }
  },
  BooleanSchema: {
    accepts: { 'a default': { type: 'boolean', default: true } },
    refuses: { 'a default that is text': { type: 'boolean', default: 'yes' }, 'another type': { type: 'string' } }
  },
  CallToolRequest: {
    accepts: {
      'a name alone': { method: 'tools/call', params: { name: 'add' } },
      'arguments of any shape': { method: 'tools/call', params: { name: 'add', arguments: { a: [1, null] } } }
    },
    refuses: {
      'no params': { method: 'tools/call' },
      'no name': { method: 'tools/call', params: { arguments: {} } },
      'arguments that are a list': { method: 'tools/call', params: { name: 'add', arguments: [1] } },
      'null arguments': { method: 'tools/call', params: { name: 'add', arguments: null } },
      'a progress token that is a list': {
        method: 'tools/call',
        params: { name: 'add', _meta: { progressToken: [] } }
      }
    }
  },
  CallToolResult: {
    accepts: {
      'no content blocks': { content: [] },
      'every kind of content': { content: [text, image, audio, link, embedded] },
      'structured content and an error mark': { content: [text], structuredContent: { a: 1 }, isError: true },
      'members it does not know': { content: [], more: 1 }
    },
    refuses: {
      'no content': { isError: true },
      'content of an unknown type': { content: [{ type: 'video' }] },
      'structured content that is a list': { content: [], structuredContent: [] },
      'an error mark that is text': { content: [], isError: 'true' }
    }
  },
  CancelledNotification: {
    accepts: {
      'an id and a reason': { method: 'notifications/cancelled', params: { requestId: 1, reason: 'slow' } },
      'an empty id': { method: 'notifications/cancelled', params: { requestId: '' } }
    },
    refuses: {
      'no id': { method: 'notifications/cancelled', params: { reason: 'slow' } },
      'a null id': { method: 'notifications/cancelled', params: { requestId: null } },
      'a reason that is a number': { method: 'notifications/cancelled', params: { requestId: 1, reason: 5 } },
      'metadata that is text': { method: 'notifications/cancelled', params: { requestId: 1, _meta: 'a' } }
    }
  },
  ClientCapabilities: {
    accepts: {
      nothing: {},
      'all it may declare': {
        experimental: { x: { y: 1 } },
        roots: { listChanged: true },
        sampling: {},
        elicitation: {}
      },
      'capabilities it does not know': { tomorrow: { a: 1 } }
    },
    refuses: {
      'a capability that is true': { sampling: true },
      'a null capability': { roots: null },
      'an experiment that is text': { experimental: { x: 'y' } },
      'a listChanged that is text': { roots: { listChanged: 'yes' } }
    }
  },
  ClientNotification: {
    accepts: { 'word that it is initialized': { method: 'notifications/initialized' } },
    refuses: { 'a notification of servers': { method: 'notifications/message', params: { level: 'info', data: 1 } } }
  },
  ClientRequest: {
    accepts: { 'a ping': { method: 'ping' }, 'a handshake': { method: 'initialize', params: initialize } },
    refuses: { 'an unknown method': { method: 'tools/run' }, 'a request of servers': { method: 'roots/list' } }
  },
  ClientResult: {
    accepts: { roots: { roots: [] }, 'an empty result': {}, 'members it does not know': { more: 1 } },
    refuses: { 'a list': [], 'a number': 5 }
  },
  CompleteRequest: {
    accepts: {
      'an argument of a prompt': {
        method: 'completion/complete',
        params: { ref: { type: 'ref/prompt', name: 'p' }, argument: { name: 'a', value: '' } }
      },
      'an argument of a template, others settled': {
        method: 'completion/complete',
        params: {
          ref: { type: 'ref/resource', uri: 'file:///{a}' },
          argument: { name: 'a', value: 'x' },
          context: { arguments: { b: 'y' } }
        }
      }
    },
    refuses: {
      'an unknown reference': {
        method: 'completion/complete',
        params: { ref: { type: 'ref/tool', name: 'p' }, argument: { name: 'a', value: '' } }
      },
      'an argument without a value': {
        method: 'completion/complete',
        params: { ref: { type: 'ref/prompt', name: 'p' }, argument: { name: 'a' } }
      },
      'a settled argument that is a number': {
        method: 'completion/complete',
        params: {
          ref: { type: 'ref/prompt', name: 'p' },
          argument: { name: 'a', value: '' },
          context: { arguments: { b: 1 } }
        }
      }
    }
  },
  CompleteResult: {
    accepts: {
      suggestions: { completion: { values: ['a', 'b'], total: 10, hasMore: true } },
      'a fraction as total': { completion: { values: [], total: 1.5 } },
      'more than a hundred values': { completion: { values: Array(101).fill('a') } }
    },
    refuses: {
      'no completion': {},
      'values that are numbers': { completion: { values: [1] } },
      'a null total': { completion: { values: [], total: null } }
    }
  },
  ContentBlock: {
    accepts: { text, 'a picture': image, 'a sound': audio, 'a link': link, 'an embedded resource': embedded },
    refuses: {
      'a text block without text': { type: 'text' },
      'a block without type': { text: 'hello' },
      'a bare string': 'hello',
      'a link without an address': { type: 'resource_link', name: 'a' }
    }
  },
  CreateMessageRequest: {
    accepts: {
      'a conversation': { method: 'sampling/createMessage', params: { messages: [said], maxTokens: 10 } },
      'all it may ask': {
        method: 'sampling/createMessage',
        params: {
          messages: [],
          maxTokens: 1,
          modelPreferences: { hints: [{ name: 'small' }] },
          systemPrompt: 'Be kind.',
          includeContext: 'thisServer',
          temperature: 0.5,
          stopSequences: ['.'],
          metadata: { a: 1 }
        }
      },
      'a fraction of a token': { method: 'sampling/createMessage', params: { messages: [], maxTokens: 1.5 } }
    },
    refuses: {
      'no bound on tokens': { method: 'sampling/createMessage', params: { messages: [said] } },
      'an unknown context': {
        method: 'sampling/createMessage',
        params: { messages: [], maxTokens: 1, includeContext: 'some' }
      },
      'metadata of the model that is text': {
        method: 'sampling/createMessage',
        params: { messages: [], maxTokens: 1, metadata: 'a' }
      }
    }
  },
  CreateMessageResult: {
    accepts: {
      'an answer': { role: 'assistant', content: text, model: 'm', stopReason: 'endTurn' },
      'a reason of its own': { role: 'assistant', content: text, model: 'm', stopReason: 'bored' }
    },
    refuses: {
      'no model': { role: 'assistant', content: text },
      'a link as content': { role: 'assistant', content: link, model: 'm' },
      'a list as content': { role: 'assistant', content: [text], model: 'm' }
    }
  },
  Cursor: { accepts: { 'any text': '', 'a token': 'eyJ' }, refuses: { 'a number': 1, null: null } },
  ElicitRequest: {
    accepts: {
      'a form': { method: 'elicitation/create', params: { message: 'Who?', requestedSchema: form } },
      'a form with no fields': {
        method: 'elicitation/create',
        params: { message: 'Sure?', requestedSchema: { type: 'object', properties: {}, required: [] } }
      }
    },
    refuses: {
      'no message': { method: 'elicitation/create', params: { requestedSchema: form } },
      'a nested form': {
        method: 'elicitation/create',
        params: { message: '', requestedSchema: { type: 'object', properties: { a: { type: 'object' } } } }
      },
      'a form without properties': {
        method: 'elicitation/create',
        params: { message: '', requestedSchema: { type: 'object' } }
      },
      'a page to visit in place of a form': {
        method: 'elicitation/create',
        params: { mode: 'url', message: '', elicitationId: '1', url: 'https://example.com' }
      }
    }
  },
  ElicitResult: {
    accepts: {
      'a filled-in form': { action: 'accept', content: { a: 'x', b: 1, c: true } },
      'a refusal': { action: 'decline' },
      'a fraction': { action: 'accept', content: { a: 1.5 } }
    },
    refuses: {
      'an unknown action': { action: 'ok' },
      'a null value': { action: 'accept', content: { a: null } },
      'a list of texts': { action: 'accept', content: { a: ['x'] } },
      'null content': { action: 'decline', content: null }
    }
  },
  EmbeddedResource: {
    accepts: { text: embedded, bytes: { type: 'resource', resource: { uri: 'file:///a', blob: '' } } },
    refuses: {
      'no resource': { type: 'resource' },
      'a resource with neither text nor bytes': { type: 'resource', resource: { uri: 'file:///a' } }
    }
  },
  EmptyResult: {
    accepts: { nothing: {}, metadata: { _meta: { a: 1 } }, 'members it does not know': { more: 1 } },
    refuses: { null: null, 'metadata that is a list': { _meta: [] } }
  },
  EnumSchema: {
    accepts: {
      'a choice': { type: 'string', enum: ['a'], enumNames: ['A'] },
      'no choice at all': { type: 'string', enum: [] }
    },
    refuses: {
      'no list of values': { type: 'string' },
      'a value that is a number': { type: 'string', enum: [1] },
      'several choices at once': { type: 'array', items: { type: 'string', enum: ['a'] } }
    }
  },
  GetPromptRequest: {
    accepts: {
      'a name': { method: 'prompts/get', params: { name: 'p' } },
      'arguments that are text': { method: 'prompts/get', params: { name: 'p', arguments: { a: 'x' } } }
    },
    refuses: {
      'an argument that is a number': { method: 'prompts/get', params: { name: 'p', arguments: { a: 1 } } },
      'a number under a name with a line break': {
        method: 'prompts/get',
        params: { name: 'p', arguments: { 'a\nb': 1 } }
      },
      'no name': { method: 'prompts/get', params: {} }
    }
  },
  GetPromptResult: {
    accepts: { messages: { messages: [said, { role: 'assistant', content: embedded }], description: 'd' } },
    refuses: { 'no messages': {}, 'an unknown role': { messages: [{ role: 'system', content: text }] } }
  },
  ImageContent: {
    accepts: { 'a picture': { ...image, annotations: { priority: 0 } } },
    refuses: { 'no media type': { type: 'image', data: '' }, 'data that is a number': { ...image, data: 1 } }
  },
  Implementation: {
    accepts: { 'a name and a version': peer, 'a title and members it does not know': { ...peer, title: 'P', more: 1 } },
    refuses: { 'no version': { name: 'peer' }, 'a version that is a number': { name: 'peer', version: 1 } }
  },
  InitializeRequest: {
    accepts: {
      'a handshake': { method: 'initialize', params: initialize },
      'a revision nobody knows': { method: 'initialize', params: { ...initialize, protocolVersion: '1.0' } }
    },
    refuses: {
      'no params': { method: 'initialize' },
      'a revision that is a number': { method: 'initialize', params: { ...initialize, protocolVersion: 2025 } },
      'no capabilities': { method: 'initialize', params: { protocolVersion: '2025-06-18', clientInfo: peer } },
      'a client without a name': { method: 'initialize', params: { ...initialize, clientInfo: { version: '1' } } }
    }
  },
  InitializeResult: {
    accepts: { 'an answer': { protocolVersion: '2025-06-18', capabilities: {}, serverInfo: peer, instructions: 'i' } },
    refuses: {
      'no server': { protocolVersion: '2025-06-18', capabilities: {} },
      'null instructions': { protocolVersion: '2025-06-18', capabilities: {}, serverInfo: peer, instructions: null }
    }
  },
  InitializedNotification: bare('notifications/initialized'),
  JSONRPCError: {
    accepts: {
      'a code and a message': { jsonrpc: '2.0', id: 1, error: { code: -32601, message: 'm' } },
      'any data': { jsonrpc: '2.0', id: 'a', error: { code: 1, message: 'm', data: [null] } }
    },
    refuses: {
      'a null id': { jsonrpc: '2.0', id: null, error: { code: -32700, message: 'm' } },
      'no id': { jsonrpc: '2.0', error: { code: -32700, message: 'm' } },
      'a code that is text': { jsonrpc: '2.0', id: 1, error: { code: '1', message: 'm' } },
      'a fraction as code': { jsonrpc: '2.0', id: 1, error: { code: 1.5, message: 'm' } },
      'no message': { jsonrpc: '2.0', id: 1, error: { code: 1 } }
    }
  },
  JSONRPCMessage: {
    accepts: {
      'a request': { jsonrpc: '2.0', id: 1, method: 'ping' },
      'a notification': { jsonrpc: '2.0', method: 'notifications/initialized' },
      'a result': { jsonrpc: '2.0', id: 1, result: {} },
      'an error': { jsonrpc: '2.0', id: 1, error: { code: 1, message: 'm' } }
    },
    refuses: {
      'a batch': [{ jsonrpc: '2.0', id: 1, method: 'ping' }],
      'an older JSON-RPC': { jsonrpc: '1.0', id: 1, method: 'ping' },
      'a message that says nothing': { jsonrpc: '2.0', id: 1 },
      'a result that is text': { jsonrpc: '2.0', id: 1, result: 'done' }
    }
  },
  JSONRPCNotification: {
    accepts: { 'params of any shape': { jsonrpc: '2.0', method: 'a', params: { b: [1] } } },
    refuses: { 'params that are a list': { jsonrpc: '2.0', method: 'a', params: [] }, 'no envelope': { method: 'a' } }
  },
  JSONRPCRequest: {
    accepts: {
      'an id that is text': { jsonrpc: '2.0', id: 'a', method: 'm' },
      'an id of zero': { jsonrpc: '2.0', id: 0, method: 'm', params: {} },
      'members it does not know': { jsonrpc: '2.0', id: 1, method: 'm', more: 1 }
    },
    refuses: {
      'a null id': { jsonrpc: '2.0', id: null, method: 'm' },
      'a fraction as id': { jsonrpc: '2.0', id: 1.5, method: 'm' },
      'a method that is a number': { jsonrpc: '2.0', id: 1, method: 1 },
      'null params': { jsonrpc: '2.0', id: 1, method: 'm', params: null }
    }
  },
  JSONRPCResponse: {
    accepts: { 'a result with any members': { jsonrpc: '2.0', id: 1, result: { a: 1 } } },
    refuses: { 'no result': { jsonrpc: '2.0', id: 1 }, 'a null result': { jsonrpc: '2.0', id: 1, result: null } }
  },
  ListPromptsRequest: paged('prompts/list'),
  ListPromptsResult: page('prompts', { name: 'p' }),
  ListResourceTemplatesRequest: paged('resources/templates/list'),
  ListResourceTemplatesResult: page('resourceTemplates', { name: 't', uriTemplate: 'file:///{a}' }),
  ListResourcesRequest: paged('resources/list'),
  ListResourcesResult: page('resources', { name: 'a', uri: 'file:///a' }),
  ListRootsRequest: {
    accepts: { 'no params': { method: 'roots/list' }, metadata: { method: 'roots/list', params: { _meta: {} } } },
    refuses: { 'params that are text': { method: 'roots/list', params: 'all' }, 'another method': { method: 'roots' } }
  },
  ListRootsResult: {
    accepts: { 'no roots': { roots: [] }, 'a root': { roots: [{ uri: 'file:///home' }] } },
    refuses: { 'no list': {}, 'a root that is text': { roots: ['file:///home'] } }
  },
  ListToolsRequest: paged('tools/list'),
  ListToolsResult: page('tools', tool),
  LoggingLevel: {
    accepts: { 'the least severe': 'debug', 'the most severe': 'emergency' },
    refuses: { 'an unknown severity': 'warn', 'a number': 3, 'capital letters': 'DEBUG' }
  },
  LoggingMessageNotification: {
    accepts: {
      'data that is text': { method: 'notifications/message', params: { level: 'info', data: 'hello', logger: 'l' } },
      'null data': { method: 'notifications/message', params: { level: 'info', data: null } }
    },
    refuses: {
      'no data': { method: 'notifications/message', params: { level: 'info' } },
      'an unknown severity': { method: 'notifications/message', params: { level: 'fatal', data: 1 } },
      'a logger that is a number': { method: 'notifications/message', params: { level: 'info', data: 1, logger: 1 } }
    }
  },
  ModelHint: { accepts: { nothing: {}, 'a name': { name: 'small' } }, refuses: { 'a null name': { name: null } } },
  ModelPreferences: {
    accepts: { priorities: { costPriority: 0, speedPriority: 1, intelligencePriority: 0.5 } },
    refuses: {
      'a priority above one': { costPriority: 2 },
      'a priority that is text': { speedPriority: '1' },
      'hints that are text': { hints: ['small'] }
    }
  },
  Notification: {
    accepts: { 'any method': { method: 'x/y', params: { z: 1 } } },
    refuses: { 'no method': {}, 'params that are text': { method: 'x/y', params: 'z' } }
  },
  NumberSchema: {
    accepts: { bounds: { type: 'number', minimum: 0.5, maximum: 2 }, 'a whole number': { type: 'integer' } },
    refuses: { 'a bound that is text': { type: 'number', minimum: '0' }, 'another type': { type: 'float' } }
  },
  PaginatedRequest: {
    accepts: { 'any method with a cursor': { method: 'x/list', params: { cursor: 'c' } } },
    refuses: { 'a cursor that is a number': { method: 'x/list', params: { cursor: 1 } } }
  },
  PaginatedResult: {
    accepts: { 'the last page': {}, 'a next cursor': { nextCursor: 'c' } },
    refuses: { 'a next cursor that is a number': { nextCursor: 1 } }
  },
  PingRequest: {
    accepts: { 'no params': { method: 'ping' }, 'empty params': { method: 'ping', params: {} } },
    refuses: {
      'another method': { method: 'pong' },
      'a progress token that is true': { method: 'ping', params: { _meta: { progressToken: true } } }
    }
  },
  PrimitiveSchemaDefinition: {
    accepts: {
      text: { type: 'string', format: 'email' },
      'a number': { type: 'number' },
      'yes or no': { type: 'boolean' }
    },
    refuses: { 'an object': { type: 'object' }, 'no type': {}, 'a list of types': { type: ['string', 'null'] } }
  },
  ProgressNotification: {
    accepts: {
      'all it may say': {
        method: 'notifications/progress',
        params: { progressToken: 'p', progress: 0.5, total: 1.5, message: 'half' }
      }
    },
    refuses: {
      'no token': { method: 'notifications/progress', params: { progress: 1 } },
      'no progress': { method: 'notifications/progress', params: { progressToken: 1 } },
      'progress that is text': { method: 'notifications/progress', params: { progressToken: 1, progress: '50%' } },
      'a null total': { method: 'notifications/progress', params: { progressToken: 1, progress: 1, total: null } }
    }
  },
  ProgressToken: {
    accepts: { text: 'p', 'a whole number': 0 },
    refuses: { 'a fraction': 0.5, null: null, 'an object': {} }
  },
  Prompt: {
    accepts: { 'a name': { name: 'p' }, arguments: { name: 'p', arguments: [{ name: 'a', required: true }] } },
    refuses: {
      'an argument without a name': { name: 'p', arguments: [{}] },
      'a null description': { name: 'p', description: null }
    }
  },
  PromptArgument: {
    accepts: { 'a name': { name: 'a', description: 'd', required: false } },
    refuses: {
      'a required that is text': { name: 'a', required: 'yes' },
      'a title that is a number': { name: 'a', title: 1 }
    }
  },
  PromptListChangedNotification: bare('notifications/prompts/list_changed'),
  PromptMessage: {
    accepts: { text: said, 'a link': { role: 'assistant', content: link } },
    refuses: {
      'content that is text': { role: 'user', content: 'hello' },
      'content that is a list': { role: 'user', content: [text] }
    }
  },
  PromptReference: {
    accepts: { 'a prompt': { type: 'ref/prompt', name: 'p' } },
    refuses: {
      'a resource': { type: 'ref/resource', uri: 'a' },
      'a title that is a number': { type: 'ref/prompt', name: 'p', title: 1 }
    }
  },
  ReadResourceRequest: addressed('resources/read'),
  ReadResourceResult: {
    accepts: {
      'text and bytes': {
        contents: [
          { uri: 'a:b', text: '' },
          { uri: 'a:b', blob: '' }
        ]
      },
      'no contents': { contents: [] }
    },
    refuses: { 'contents that are neither': { contents: [{ uri: 'a:b' }] }, 'no list': {} }
  },
  Request: {
    accepts: { 'any method': { method: 'x/y', params: { z: 1, _meta: { more: 1 } } } },
    refuses: {
      'no method': { params: {} },
      'a progress token that is null': { method: 'x', params: { _meta: { progressToken: null } } }
    }
  },
  RequestId: {
    accepts: { text: 'a', 'empty text': '', 'a negative number': -1 },
    refuses: { null: null, 'a fraction': 1.5, true: true }
  },
  Resource: {
    accepts: {
      'an address and a name': { uri: 'file:///a', name: 'a' },
      'a fraction of a byte': { uri: 'file:///a', name: 'a', size: 1.5 }
    },
    refuses: {
      'no name': { uri: 'file:///a' },
      'no address': { name: 'a' },
      'a size that is text': { uri: 'file:///a', name: 'a', size: '1' },
      'annotations that are text': { uri: 'file:///a', name: 'a', annotations: 'user' }
    }
  },
  ResourceContents: {
    accepts: { 'an address': { uri: 'file:///a', mimeType: 'text/plain' } },
    refuses: { 'no address': {}, 'metadata that is a list': { uri: 'file:///a', _meta: [] } }
  },
  ResourceLink: {
    accepts: { 'all it may tell': { ...link, title: 'A', description: 'd', mimeType: 'text/plain', size: 1 } },
    refuses: {
      'a listed resource': { uri: 'file:///a', name: 'a' },
      'no name': { type: 'resource_link', uri: 'file:///a' }
    }
  },
  ResourceListChangedNotification: bare('notifications/resources/list_changed'),
  ResourceTemplate: {
    accepts: { 'a template': { name: 't', uriTemplate: 'file:///{a}' } },
    refuses: { 'an address': { name: 't', uri: 'file:///a' }, 'no name': { uriTemplate: 'file:///{a}' } }
  },
  ResourceTemplateReference: {
    accepts: { 'a template': { type: 'ref/resource', uri: 'file:///{a}' } },
    refuses: { 'a prompt': { type: 'ref/prompt', name: 'p' }, 'no address': { type: 'ref/resource' } }
  },
  ResourceUpdatedNotification: {
    accepts: { 'an address': { method: 'notifications/resources/updated', params: { uri: 'file:///a' } } },
    refuses: {
      'no params': { method: 'notifications/resources/updated' },
      'no address': { method: 'notifications/resources/updated', params: {} }
    }
  },
  Result: {
    accepts: { 'any members': { a: null, _meta: {} } },
    refuses: { text: 'ok', 'null metadata': { _meta: null } }
  },
  Role: { accepts: { 'the user': 'user', 'the assistant': 'assistant' }, refuses: { 'the system': 'system' } },
  Root: {
    accepts: {
      'a folder': { uri: 'file:///home', name: 'home' },
      'a place that is no file': { uri: 'https://example.com' }
    },
    refuses: { 'no address': { name: 'home' }, 'a null name': { uri: 'file:///home', name: null } }
  },
  RootsListChangedNotification: bare('notifications/roots/list_changed'),
  SamplingMessage: {
    accepts: { text: said, 'a sound': { role: 'assistant', content: audio } },
    refuses: { 'a link': { role: 'user', content: link }, 'a list': { role: 'user', content: [text] } }
  },
  ServerCapabilities: {
    accepts: {
      'all it may declare': {
        experimental: {},
        logging: {},
        completions: {},
        prompts: { listChanged: false },
        resources: { subscribe: true, listChanged: true },
        tools: {}
      }
    },
    refuses: {
      'a capability that is true': { tools: true },
      'a capability that is a list': { logging: [] },
      'a subscribe that is a number': { resources: { subscribe: 1 } }
    }
  },
  ServerNotification: {
    accepts: { 'a change of tools': { method: 'notifications/tools/list_changed' } },
    refuses: { 'word that it is initialized': { method: 'notifications/initialized' } }
  },
  ServerRequest: {
    accepts: { 'a ping': { method: 'ping' }, 'a question for roots': { method: 'roots/list' } },
    refuses: { 'a call of a tool': { method: 'tools/call', params: { name: 'add' } } }
  },
  ServerResult: {
    accepts: { tools: { tools: [] }, 'an empty result': {}, 'members it does not know': { more: 1 } },
    refuses: { text: 'ok', 'metadata that is text': { _meta: 'a' } }
  },
  SetLevelRequest: {
    accepts: { 'a severity': { method: 'logging/setLevel', params: { level: 'warning' } } },
    refuses: {
      'an unknown severity': { method: 'logging/setLevel', params: { level: 'loud' } },
      'no severity': { method: 'logging/setLevel', params: {} }
    }
  },
  StringSchema: {
    accepts: {
      'all it may ask': {
        type: 'string',
        title: 't',
        description: 'd',
        minLength: 1,
        maxLength: 2,
        format: 'date-time'
      },
      'a fraction as length': { type: 'string', minLength: 0.5 }
    },
    refuses: {
      'an unknown format': { type: 'string', format: 'ipv4' },
      'a length that is text': { type: 'string', maxLength: '1' }
    }
  },
  SubscribeRequest: addressed('resources/subscribe'),
  TextContent: {
    accepts: { 'empty text': { type: 'text', text: '' }, metadata: { ...text, _meta: { a: 1 } } },
    refuses: {
      'no text': { type: 'text' },
      'null metadata': { ...text, _meta: null },
      'text that is a number': { ...text, text: 1 }
    }
  },
  TextResourceContents: {
    accepts: { text: { uri: 'file:///a', text: 'hello' } },
    refuses: {
      bytes: { uri: 'file:///a', blob: '' },
      'a null media type': { uri: 'file:///a', text: '', mimeType: null }
    }
  },
  Tool: {
    accepts: {
      'the least a tool is': tool,
      'all it may tell': {
        ...tool,
        title: 'Add',
        description: 'd',
        inputSchema: {
          type: 'object',
          properties: { a: { type: 'number' } },
          required: ['a'],
          additionalProperties: false
        },
        outputSchema: { type: 'object' },
        annotations: { readOnlyHint: true },
        _meta: {}
      }
    },
    refuses: {
      'no input schema': { name: 'add' },
      'an input schema of another type': { name: 'add', inputSchema: { type: 'array' } },
      'an input schema without a type': { name: 'add', inputSchema: {} },
      'a property that is true': { name: 'add', inputSchema: { type: 'object', properties: { a: true } } },
      'an output schema of another type': { ...tool, outputSchema: { type: 'string' } }
    }
  },
  ToolAnnotations: {
    accepts: {
      'all its hints': {
        title: 't',
        readOnlyHint: true,
        destructiveHint: false,
        idempotentHint: true,
        openWorldHint: false
      }
    },
    refuses: { 'a hint that is text': { readOnlyHint: 'yes' }, 'a null hint': { openWorldHint: null } }
  },
  ToolListChangedNotification: bare('notifications/tools/list_changed'),
  UnsubscribeRequest: addressed('resources/unsubscribe')
}

const narrowed = 'schema.ts says number, and the file made from it narrowed that to integer'
const forgotten = 'every request and notification has this metadata, and the file forgot it where params have names'
const newer = 'a later revision brought it'
const asPage = 'the page says so and schema.ts does not; a type here holds what schema.ts says'
const lax = 'schema.ts says otherwise, and the SDK is lenient'
const strict = 'every object of the protocol is open, and the SDK is strict here'

/** Where the official schema file judges otherwise, and why we do not follow it. */
const officialDifferences: { [sample: string]: string } = {
  'CallToolRequest: a progress token that is a list': forgotten,
  'CancelledNotification: metadata that is text': forgotten,
  'CompleteResult: a fraction as total': narrowed,
  'CreateMessageRequest: a fraction of a token': narrowed,
  'ElicitResult: a fraction': narrowed,
  'ReadResourceRequest: metadata that is a number': forgotten,
  'Resource: a fraction of a byte': narrowed,
  'StringSchema: a fraction as length': narrowed,
  'SubscribeRequest: metadata that is a number': forgotten,
  'UnsubscribeRequest: metadata that is a number': forgotten
}

/** Where the SDK judges otherwise, and why we do not follow it. */
const sdkDifferences: { [sample: string]: string } = {
  'Annotations: a date it cannot read': asPage,
  'AudioContent: data that is not base64': 'schema.ts calls it a byte format, which is a note to readers and no bound',
  'CallToolResult: no content': lax,
  'CancelledNotification: no id': newer,
  'ClientResult: members it does not know': strict,
  'CompleteResult: a fraction as total': 'schema.ts says number',
  'CompleteResult: more than a hundred values': asPage,
  'CreateMessageRequest: a fraction of a token': 'schema.ts says number',
  'ElicitRequest: a page to visit in place of a form': newer,
  'ElicitResult: a list of texts': newer,
  'ElicitResult: null content': lax,
  'EmptyResult: members it does not know': strict,
  'EnumSchema: several choices at once': newer,
  'JSONRPCError: no id': newer,
  'JSONRPCRequest: members it does not know': strict,
  'PromptArgument: a title that is a number': lax,
  'PromptReference: a title that is a number': lax,
  'Root: a place that is no file': asPage,
  'SamplingMessage: a list': newer,
  'ServerCapabilities: a capability that is a list': lax
}

const rows = Object.entries(samples).flatMap(([definition, { accepts, refuses }]) => [
  ...Object.entries(accepts).map(([what, value]) => ({ definition, what, value, verdict: true })),
  ...Object.entries(refuses).map(([what, value]) => ({ definition, what, value, verdict: false }))
])

/** A judge made of a JSON Schema document with definitions. Formats stay notes, as they are to our validators. */
function documentJudge(document: AnySchemaObject): Judge {
  const ajv = new Ajv({ strict: false, validateFormats: false })
  ajv.addSchema(document, 'document')
  return (definition, value) => ajv.validate({ $ref: `document#/definitions/${definition}` }, value) === true
}

const ourAjv = new Ajv({ strict: true })
const ours: Judge = (definition, value) => ourAjv.validate(definitions[definition] ?? false, value) === true

/** The SDK's name for each schema of ours; it calls a response with a result by another name. */
const sdkSchema = (definition: string) =>
  Reflect.get(sdk, definition === 'JSONRPCResponse' ? 'JSONRPCResultResponseSchema' : `${definition}Schema`) as
    | { safeParse: (value: unknown) => { success: boolean } }
    | undefined
const sdkJudge: Judge = (definition, value) => sdkSchema(definition)?.safeParse(value).success === true

const officialFile = fileURLToPath(new URL('../../shared/spec/schema-2025-06-18.json', import.meta.url))
const official = existsSync(officialFile)
  ? (JSON.parse(readFileSync(officialFile, 'utf8')) as AnySchemaObject)
  : undefined

/** One test a sample: the judge says what we say, or differs where that is declared. */
function agree(judge: Judge, differences: { [sample: string]: string }): void {
  for (const { definition, what, value, verdict } of rows) {
    const sample = `${definition}: ${what}`
    const reason = differences[sample]
    if (reason === undefined) {
      test(`${definition} ${verdict ? 'accepts' : 'refuses'} ${what}`, () => {
        expect(judge(definition, value)).toBe(verdict)
      })
    } else {
      test(`${definition} ${verdict ? 'refuses' : 'accepts'} ${what}, unlike ours: ${reason}`, () => {
        expect(judge(definition, value)).toBe(!verdict)
      })
    }
  }
  test('every declared difference names a sample', () => {
    const known = rows.map(({ definition, what }) => `${definition}: ${what}`)
    expect(Object.keys(differences).filter((sample) => !known.includes(sample))).toEqual([])
  })
}

describe('our schemas', () => {
  agree(ours, {})

  test('every definition has a sample it accepts and one it refuses', () => {
    const poor = Object.keys(definitions).filter((name) =>
      [true, false].some((verdict) => !rows.some((row) => row.definition === name && row.verdict === verdict))
    )
    expect(poor).toEqual([])
  })

  test('there is no sample of a definition that does not exist', () => {
    expect(Object.keys(samples).filter((name) => !(name in definitions))).toEqual([])
  })

  test('logging levels rise from debug to emergency', () => {
    expect(loggingLevels).toEqual(['debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency'])
  })

  test('a content block narrows by its type', () => {
    expectTypeOf<Extract<ContentBlock, { type: 'resource_link' }>['uri']>().toEqualTypeOf<string>()
    expectTypeOf<ContentBlock['type']>().toEqualTypeOf<'text' | 'image' | 'audio' | 'resource_link' | 'resource'>()
  })

  test('a logging level and a role are unions of their names', () => {
    expectTypeOf<LoggingLevel>().toEqualTypeOf<(typeof loggingLevels)[number]>()
    expectTypeOf<Role>().toEqualTypeOf<'user' | 'assistant'>()
  })
})

describe('the schemas of the official SDK', () => {
  agree(sdkJudge, sdkDifferences)

  test('there is one for every definition of ours', () => {
    expect(Object.keys(definitions).filter((name) => sdkSchema(name) === undefined)).toEqual([])
  })
})

if (official === undefined) {
  test.skip(`the official schema file judges ours: skipped, because ${officialFile} is not there`, () => {})
} else {
  describe('the official schema file', () => {
    agree(documentJudge(official), officialDifferences)

    test('its definitions are exactly ours', () => {
      expect(Object.keys(definitions).sort()).toEqual(Object.keys(official.definitions).sort())
    })
  })
}

describe('the generated schema document', () => {
  agree(documentJudge(JSON.parse(schemaDocument()) as AnySchemaObject), {})

  test('is up to date', () => {
    expect(readFileSync(schemaFile, 'utf8')).toBe(schemaDocument())
  })

  test('is a valid draft-07 schema', () => {
    expect(new Ajv().validateSchema(JSON.parse(schemaDocument()) as AnySchemaObject)).toBe(true)
  })
})
