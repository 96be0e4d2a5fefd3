/** Texts and values that each peer offers alike; the reference server has the same. */

/** A red pixel. */
export const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mP4z8AAAAMBAQD3A0FDAAAAAElFTkSuQmCC'

/** Four silent samples. */
export const wav = 'UklGRiwAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQgAAAAAAAAAAAAAAA=='

/** Between two log messages or two reports of progress. */
export const pauseMs = 50

/** What test_tool_with_logging says, one after the other. */
export const logTexts = ['Tool execution started', 'Tool processing data', 'Tool execution completed']

/** What test_tool_with_progress reports, of 100. */
export const progressSteps = [0, 50, 100]

/** What test_elicitation asks for. */
export const whoAreYou = {
  type: 'object' as const,
  properties: {
    username: { type: 'string' as const, description: "User's response" },
    email: { type: 'string' as const, format: 'email' as const, description: "User's email address" }
  },
  required: ['username', 'email']
}

export const watched = 'test://watched-resource'

/** The resources that are listed, with what reading them gives. */
export const resources = [
  {
    uri: 'test://static-text',
    name: 'static-text',
    title: 'Static text',
    description: 'A text that never changes.',
    mimeType: 'text/plain',
    body: { text: 'This is the content of the static text resource.' }
  },
  {
    uri: 'test://static-binary',
    name: 'static-binary',
    title: 'Static binary',
    description: 'A PNG of one red pixel.',
    mimeType: 'image/png',
    body: { blob: png }
  },
  {
    uri: watched,
    name: 'watched-resource',
    title: 'Watched resource',
    description: 'A resource to subscribe to; test_touch_watched reports a change of it.',
    mimeType: 'text/plain',
    body: { text: 'Watched resource content' }
  }
]

export const template = {
  uriTemplate: 'test://template/{id}/data',
  name: 'template',
  title: 'Template',
  description: 'Data for any id.',
  mimeType: 'application/json'
}

export function templateText(id: string): string {
  return JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` })
}

/** Candidates for the id of the template. */
export function ids(value: string): string[] {
  return Array.from({ length: 150 }, (_, index) => String(index + 1)).filter((id) => id.startsWith(value))
}

/** Candidates for the first argument of test_prompt_with_arguments. */
export function firstArguments(value: string): string[] {
  return ['paris', 'park', 'party', 'test1', 'test2'].filter((name) => name.startsWith(value))
}

/** Candidates for the second, which depend on the first where it is known. */
export function secondArguments(value: string, first: string | undefined): string[] {
  return ['one', 'two']
    .map((name) => (first === undefined ? name : `${first}-${name}`))
    .filter((name) => name.startsWith(value))
}
