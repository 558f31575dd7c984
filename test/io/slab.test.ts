import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Batch } from '../../src/io/exchange.ts'
import { Transport } from '../../src/io/transport.ts'
import { requestFields, targetOf } from '../../src/io/redirect.ts'
import { Slab } from '../../src/io/slab.ts'
import { type Operation, run, sleep, spawn } from '../../src/scheduler/index.ts'
import * as be from '../support/behaviours.ts'
import * as broken from '../support/broken-answers.ts'
import { bytes } from '../support/bytes.ts'
import { serve } from '../support/server.ts'

const MIB = 1024 * 1024
const plain = requestFields([], [])

/** After how many further batches each is given back: 0 is at once, undefined never. */
type Delay = number | undefined

interface Loan {
  readonly batch: Batch
  readonly from: number
  readonly due: number
}

/**
 * Reads a body and keeps each batch for as long as its delay says; it must hold the right bytes until
 * the moment in which it is given back.
 */
function* borrow(
  transport: Transport,
  url: string,
  content: Buffer,
  delays: readonly Delay[],
): Operation<number> {
  const response = yield* transport.request(targetOf(url, plain))
  let loans: Loan[] = []
  let received = 0
  let wrong = 0
  const check = ({ batch, from }: Loan): void => {
    const expected = content.subarray(from, from + batch.bytes)
    if (!Buffer.concat(batch.chunks).equals(expected)) wrong++
  }
  for (let number = 0; ; number++) {
    const batch = yield* response.readBatch()
    if (batch === undefined) break
    const delay = delays[number % delays.length]
    loans.push({ batch, from: received, due: number + (delay ?? Infinity) })
    received += batch.bytes
    for (const loan of loans.filter(({ due }) => due <= number)) {
      check(loan)
      loan.batch.release()
    }
    loans = loans.filter(({ due }) => due > number)
    yield* sleep(0)
  }
  // Those that were never given back are right for ever.
  for (const loan of loans) check(loan)
  expect(received).toBe(content.length)
  return wrong
}

describe('a Slab', () => {
  it('is given again when its last pin is gone, and not before', () => {
    const slab = Slab.take()
    slab.pin()
    slab.unpin()
    const other = Slab.take()
    expect(other).not.toBe(slab)
    slab.unpin()
    const again = Slab.take()
    expect(again).toBe(slab)
    again.pin()
    again.unpin()
    expect(Slab.take()).not.toBe(again)
  })

  it('is one of no more than 64 MiB that are kept', () => {
    const slabs = Array.from({ length: 600 }, () => Slab.take())
    for (const slab of slabs) slab.unpin()
    const kept = new Set(slabs)
    const taken = Array.from({ length: 600 }, () => Slab.take())
    expect(taken.filter((slab) => kept.has(slab)).length).toBe((64 * MIB) / slabs[0]!.buffer.length)
    expect(new Set(taken).size).toBe(600)
  })
})

describe('a batch', () => {
  it('holds its bytes until it is released, however late, on connections that share their slabs', async () => {
    const content = bytes(4 * MIB, 'slabs')
    await using server = await serve({
      '/length': be.body(content),
      '/chunked': be.chunkedBody(content, { pace: { pieceBytes: 30_011, everyMs: 0 } }),
      '/close': broken.closeDelimited(content),
    })
    const delay = fc.option(fc.nat(6), { nil: undefined })
    const pattern = fc.array(delay, { minLength: 1, maxLength: 8 })
    await fc.assert(
      fc.asyncProperty(fc.array(pattern, { minLength: 1, maxLength: 4 }), async (patterns) => {
        const wrong = await run(
          function* () {
            const transport = new Transport()
            const readers = patterns.flatMap((delays) =>
              ['/length', '/chunked', '/close'].map((path) =>
                spawn(() => borrow(transport, server.origin + path, content, delays)),
              ),
            )
            let wrong = 0
            for (const reader of readers) wrong += yield* reader.get()
            transport.close()
            return wrong
          },
          { signals: false },
        )
        expect(wrong).toBe(0)
      }),
      { numRuns: 12 },
    )
  })

  it('shares its slabs with others where little is read at a time, as under TLS', async () => {
    const content = bytes(8 * MIB, 'records')
    await using server = await serve({ '*': be.body(content) }, { tls: 'valid' })
    await run(
      function* () {
        const transport = new Transport({ insecure: true })
        const response = yield* transport.request(targetOf(`${server.origin}/`, plain))
        const memory = new Set<ArrayBufferLike>()
        const parts: Buffer[] = []
        for (;;) {
          // Never released, so that each slab is used once.
          const batch = yield* response.readBatch()
          if (batch === undefined) break
          parts.push(...batch.chunks)
          for (const { buffer } of batch.chunks) memory.add(buffer)
        }
        expect(Buffer.concat(parts).equals(content)).toBe(true)
        // 512 records of 16 KiB.
        expect(memory.size).toBeLessThan(100)
        transport.close()
      },
      { signals: false },
    )
  })

  it('is released once, whoever says so twice', async () => {
    const content = bytes(2 * MIB, 'twice')
    await using server = await serve({ '*': be.body(content) })
    await run(
      function* () {
        const transport = new Transport()
        const response = yield* transport.request(targetOf(`${server.origin}/`, plain))
        for (;;) {
          const batch = yield* response.readBatch()
          if (batch === undefined) break
          batch.release()
          batch.release()
        }
        expect(yield* borrow(transport, `${server.origin}/`, content, [undefined])).toBe(0)
        transport.close()
      },
      { signals: false },
    )
  })

  it('that read gives is the caller’s for good', async () => {
    const content = bytes(4 * MIB, 'kept')
    await using server = await serve({ '*': be.body(content) })
    await run(
      function* () {
        const transport = new Transport()
        const response = yield* transport.request(targetOf(`${server.origin}/`, plain))
        const kept: Buffer[] = []
        for (let part = yield* response.read(); part !== undefined; part = yield* response.read()) {
          kept.push(part)
        }
        // Others read, and release, and would overwrite what was not kept.
        const others = [1, 2, 3].map((number) =>
          spawn(() => borrow(transport, `${server.origin}/${number}`, content, [0])),
        )
        for (const other of others) expect(yield* other.get()).toBe(0)
        expect(Buffer.concat(kept).equals(content)).toBe(true)
        transport.close()
      },
      { signals: false },
    )
  })
})
