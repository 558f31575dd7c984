/**
 * Ten thousand answers that no server should give: whatever comes, a request ends with an answer or a
 * GdlError, and the process lives.
 */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { GdlError } from '../../src/errors.ts'
import { requestFields, targetOf } from '../../src/io/redirect.ts'
import { Transport } from '../../src/io/transport.ts'
import { joinall, type Operation, run, spawn } from '../../src/scheduler/index.ts'
import { thrownBy } from '../scheduler/helpers.ts'
import * as broken from '../support/broken-answers.ts'
import { serve, serveSockets } from '../support/server.ts'

const ANSWERS = 10_000
const AT_ONCE = 50
const SEED = Number(process.env['GDL_TEST_SEED'] ?? 20_261_124)

const names = fc.constantFrom(
  'Content-Length',
  'Content-Encoding',
  'Transfer-Encoding',
  'Connection',
  'Set-Cookie',
  'Location',
  'Content-Range',
  'Trailer',
  'Upgrade',
  'X',
)
const values = fc.oneof(
  fc.constantFrom(
    '0',
    '5',
    '5, 5',
    '-1',
    '1e9',
    'chunked',
    'gzip',
    'gzip, br',
    'close',
    'a=b; c',
    '',
  ),
  fc.string({ unit: 'binary', maxLength: 40 }),
)
const line = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(names, values).map((pair) => pair.join(': ')) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
  { weight: 1, arbitrary: fc.constantFrom(' folded', ': no name', 'No colon', '\0', 'X:\r') },
)
const status = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.integer({ min: 100, max: 599 }).map((code) => `HTTP/1.1 ${code} Some`),
  },
  { weight: 4, arbitrary: fc.constantFrom('HTTP/1.1 200 OK', 'HTTP/1.0 200 OK', 'HTTP/1.1 206 P') },
  {
    weight: 1,
    arbitrary: fc.constantFrom('HTTP/1.1 0 X', 'HTTP/2 200', 'ICY 200 OK', 'HTTP/1.1', ''),
  },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 30 }) },
)
const ends = fc.constantFrom('\r\n\r\n', '\r\n\r\n', '\r\n\r\n', '\n\n', '\r\n', '')
const bodies = fc.oneof(
  fc.constantFrom('hello', '5\r\nhello\r\n0\r\n\r\n', 'fffffffffffffffff\r\n', ''),
  fc.string({ unit: 'binary', maxLength: 60 }),
)
const answer = fc
  .tuple(status, fc.array(line, { maxLength: 6 }), ends, bodies)
  .map(([first, lines, end, body]) =>
    Buffer.from([first, ...lines].join('\r\n') + end + body, 'latin1'),
  )

it(`ends well for ${ANSWERS} random answers (seed ${SEED})`, async () => {
  const answers = fc.sample(answer, { numRuns: ANSWERS, seed: SEED })
  let next = 0
  await using server = await serveSockets((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => socket.end(answers[next++ % ANSWERS]!))
  })
  let [answered, failed] = [0, 0]
  const odd: unknown[] = []
  await run(
    function* () {
      // Cookies are read too, and bodies decoded.
      const transport = new Transport({ compressed: true, cookies: '/dev/null' })
      let left = ANSWERS
      const worker = function* (): Operation<void> {
        while (left-- > 0) {
          try {
            const response = yield* transport.request(
              targetOf(`${server.origin}/`, requestFields([], [])),
            )
            answered++
            try {
              yield* response.buffer()
            } finally {
              response.close()
            }
          } catch (error) {
            failed++
            if (!(error instanceof GdlError)) odd.push(error)
          }
        }
      }
      yield* joinall(Array.from({ length: AT_ONCE }, () => spawn(worker)))
      transport.close()
    },
    { signals: false },
  )
  expect(odd).toEqual([])
  expect(answered).toBeGreaterThan(1000)
  expect(failed).toBeGreaterThan(1000)
}, 120_000)

it.each([
  ['a header of more than 16 KiB', `X: ${'x'.repeat(20_000)}\r\n`],
  ['many fields', 'X-Some: value\r\n'.repeat(5000)],
])('says that %s is too long', async (_title, fields) => {
  const long = broken.raw(`HTTP/1.1 200 OK\r\n${fields}Content-Length: 0\r\n\r\n`)
  await using server = await serve({ '*': long })
  await run(
    function* () {
      const transport = new Transport()
      const target = targetOf(`${server.origin}/`, requestFields([], []))
      const error = yield* thrownBy(transport.request(target))
      expect(error).toMatchObject({ code: 'GDL_ERR_PROTOCOL', retryable: false })
      expect(String(error)).toContain('16 KiB')
      transport.close()
    },
    { signals: false },
  )
})
