/** A stdio server whose handlers write to stdout in every way a careless one may. */
import { stdio } from '../../src/stdio/index.ts'

const server = stdio({ name: 'noisy', version: '0' })
server.tool('noisy', {}, () => {
  console.log('noise of console.log')
  console.info({ noise: 'of console.info' })
  console.table(['noise of console.table'])
  process.stdout.write('noise of process.stdout\n')
  return 'quiet'
})
await server.serve()
process.stdout.write('noise after the end\n')
