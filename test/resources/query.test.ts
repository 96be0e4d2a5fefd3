/** Templates whose query follows a variable at once, and those that cannot be told apart. */
import { expect, test } from 'vitest'
import { compileTemplate } from '../../src/resources/template.ts'

test.each<[string, string, Record<string, string>]>([
  ['a://{id}{?lang}', 'a://1?lang=de', { id: '1', lang: 'de' }],
  ['a://{id}{?lang}', 'a://1', { id: '1' }],
  ['a://{id}{?lang,page}', 'a://1?page=2', { id: '1', page: '2' }],
  ['a://{id}{?lang}', 'a://1%3F?lang=a%20b', { id: '1?', lang: 'a b' }],
  ['a://{id}{?lang}{#part}', 'a://1?lang=de#x', { id: '1', lang: 'de', part: 'x' }],
  ['a://{list}/{id}{?lang}', 'a://l/1?lang=de', { list: 'l', id: '1', lang: 'de' }],
  ['a://{+path}{?lang}', 'a://1/2?lang=de', { path: '1/2', lang: 'de' }],
  ['a://{id:3}{?lang}', 'a://123?lang=de', { id: '123', lang: 'de' }],
  ['a://{id}/text{?lang}', 'a://1/text?lang=de', { id: '1', lang: 'de' }]
])('%s reads %s', (template, uri, variables) => {
  expect(compileTemplate(template).match(uri)).toMatchObject(variables)
})

test.each(['a://?lang=de', 'a://1/2?lang=de', 'b://1?lang=de', 'a://1?lang=%E0%A4%A'])(
  'a://{id}{?lang} does not read %s',
  (uri) => {
    expect(compileTemplate('a://{id}{?lang}').match(uri)).toBeUndefined()
  }
)

test.each(['a://{id}{;lang}', 'a://{id}{&lang}', 'a://x{?one}{&other}', 'a://{id}{?lang}/tail', 'a://{id}{?a}{?b}'])(
  '%s is refused, because its variables would be lost',
  (template) => {
    expect(() => compileTemplate(template)).toThrow('between')
  }
)
