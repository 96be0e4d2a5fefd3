/** Which URI templates are taken. */
import { expect, test } from 'vitest'
import { compileTemplate } from '../../src/resources/template.ts'

test.each(['a://{x*}', 'a://b{?q*}', 'a://b?k=v{&q*}', 'a://b{;p*}', 'a://b{?page,q*}'])(
  '%s is refused: a list that is no path cannot be read back from a URI',
  (template) => {
    expect(() => compileTemplate(template)).toThrow(/cannot be read back from a URI.*\[template\]/)
  }
)

test('an exploded path is read back as the path', () => {
  expect(compileTemplate('a://x{/rest*}').match('a://x/b/c')).toEqual({ rest: 'b/c' })
})

test.each<[string, string]>([
  ['no-scheme', 'has no variable'],
  ['a://{x', 'template "a://{x"'],
  ['a://{x}{y}', 'put one of']
])('%s is refused', (template, why) => {
  expect(() => compileTemplate(template)).toThrow(why)
})
