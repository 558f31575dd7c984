/**
 * Content-Encoding (RFC 9110, 8.4): bodies that were asked for in compressed form, decoded as they come.
 *
 * undici's interceptor breaks 206 answers, and would unpack a bomb. Here a body may unpack to 64 MiB in
 * any case, and beyond that to 200 times what has come: gzip reaches 1030 times on nothing but zeros,
 * which files that people want do not.
 */
import { createHash, type Hash } from 'node:crypto'
import type { Duplex } from 'node:stream'
import zlib from 'node:zlib'
import { IntegrityError, ProtocolError } from '../errors.ts'
import { getHub, type IoWatcher, type Operation } from '../scheduler/index.ts'
import { type Digest, digestOf } from './digest.ts'
import { Batch } from './exchange.ts'
import { truncated } from './failure.ts'
import type { Field, ResponseFields } from './fields.ts'

const FREE_BYTES = 64 * 1024 * 1024
const MOST_RATIO = 200
const HIGH_WATER_BYTES = 1024 * 1024

type Unpacker = Duplex & { readonly bytesWritten: number }

const { createZstdDecompress } = zlib as { createZstdDecompress?: () => Unpacker }

const UNPACKERS: Readonly<Record<string, (first: number) => Unpacker>> = {
  gzip: () => zlib.createGunzip(),
  'x-gzip': () => zlib.createGunzip(),
  br: () => zlib.createBrotliDecompress(),
  // It should be zlib's format (RFC 9110, 8.4.1.2), but some send the bare one.
  deflate: (first) => ((first & 0x0f) === 8 ? zlib.createInflate() : zlib.createInflateRaw()),
  ...(createZstdDecompress !== undefined && { zstd: () => createZstdDecompress() }),
}

/** What is asked for. */
export const ACCEPTED: Field = [
  'Accept-Encoding',
  ['gzip', 'br', 'deflate', ...('zstd' in UNPACKERS ? ['zstd'] : [])].join(', '),
]

/**
 * The decoder of an answer; undefined when there is nothing to decode: no coding, or a part of a file.
 * Throws a ProtocolError for a coding that is not known.
 */
export function decoderOf(
  status: number,
  fields: ResponseFields,
  host: string,
): Decoder | undefined {
  if (status !== 200 && status !== 203) return undefined
  const value = [fields['content-encoding'] ?? []].flat().join(',').toLowerCase()
  const codings = value.split(',').map((one) => one.trim())
  const named = codings.filter((one) => one !== '' && one !== 'identity')
  const unknown = named.find((one) => UNPACKERS[one] === undefined)
  if (unknown !== undefined || named.length > 5) {
    const what = unknown === undefined ? 'too many codings' : `the coding ${unknown.slice(0, 20)}`
    throw new ProtocolError('GDL_ERR_PROTOCOL', `${host}: ${what}, which gdl can't decode`)
  }
  if (named.length === 0) return undefined
  return new Decoder(named.reverse(), host, digestOf(fields, false))
}

/** One body, decoded. */
export class Decoder {
  readonly #codings: readonly string[]
  readonly #host: string
  readonly #watcher: IoWatcher = getHub().loop.io()
  #stages: Unpacker[] = []
  #queue = new Batch()
  #error: Error | undefined
  /** What was given last has been taken in. */
  #isHungry = true
  #inputEnded = false
  #outputEnded = false
  #bytesIn = 0
  #bytesOut = 0
  #digest: Digest | undefined
  readonly #codedHash: Hash | undefined
  readonly #plainHash: Hash | undefined

  /** `codings` in the order in which they are undone; `digest` is what the server sent. */
  constructor(codings: readonly string[], host: string, digest: Digest | undefined) {
    this.#codings = codings
    this.#host = host
    this.#digest = digest
    this.#codedHash = digest && createHash(digest.algorithm)
    this.#plainHash = digest && createHash(digest.algorithm)
  }

  /**
   * Parks until decoded bytes are there; undefined at the end. `source` gives the coded bytes, each batch
   * on loan. Throws its errors, and an IntegrityError for bytes that are damaged, missing, too many,
   * unpack to more than they may, or have another digest.
   */
  *read(source: () => Operation<Batch | undefined>): Operation<Batch | undefined> {
    for (;;) {
      if (this.#queue.bytes > 0) return this.#take()
      if (this.#error !== undefined) throw this.#failure(this.#error)
      if (this.#inputEnded && this.#outputEnded) {
        this.#checkDigest()
        return undefined
      }
      if (this.#isHungry && !this.#inputEnded) this.#feed(yield* source())
      else yield* getHub().wait(this.#watcher)
    }
  }

  /** Lets go of what it holds. */
  close(): void {
    for (const stage of this.#stages) stage.destroy()
  }

  #feed(batch: Batch | undefined): void {
    if (batch === undefined) {
      this.#inputEnded = true
      if (this.#stages.length === 0) this.#outputEnded = true
      else this.#stages[0]!.end()
      return
    }
    const data = Buffer.concat(batch.chunks, batch.bytes)
    batch.release()
    if (this.#stages.length === 0) this.#begin(data[0] ?? 0)
    this.#bytesIn += data.length
    this.#codedHash?.update(data)
    if (this.#outputEnded) {
      this.#error ??= new Error('bytes after its end')
      return
    }
    this.#isHungry = false
    this.#stages[0]!.write(data, () => {
      this.#isHungry = true
      this.#watcher.feed()
    })
  }

  #begin(first: number): void {
    // What an outer deflate unpacks to is not known yet: it is taken at its word.
    this.#stages = this.#codings.map((coding, index) => UNPACKERS[coding]!(index === 0 ? first : 8))
    for (const [index, stage] of this.#stages.entries()) {
      stage.on('error', (error) => this.#fail(error))
      const next = this.#stages[index + 1]
      if (next !== undefined) stage.pipe(next)
    }
    const last = this.#stages.at(-1)!
    last.on('data', (chunk: Buffer) => this.#add(chunk, last))
    last.on('end', () => {
      this.#outputEnded = true
      // A reader of the coding that has seen its end takes no more, and would not call back.
      this.#isHungry = true
      const [outermost] = this.#stages
      if (outermost!.bytesWritten < this.#bytesIn) this.#error ??= new Error('bytes after its end')
      this.#watcher.feed()
    })
  }

  #add(chunk: Buffer, last: Unpacker): void {
    this.#bytesOut += chunk.length
    if (this.#bytesOut > FREE_BYTES && this.#bytesOut > this.#bytesIn * MOST_RATIO) {
      this.#fail(new Error(`it unpacks to more than ${MOST_RATIO} times its length`))
      this.close()
      return
    }
    this.#plainHash?.update(chunk)
    this.#queue.add(chunk, undefined)
    if (this.#queue.bytes > HIGH_WATER_BYTES) last.pause()
    this.#watcher.feed()
  }

  #take(): Batch {
    const batch = this.#queue
    this.#queue = new Batch()
    this.#stages.at(-1)!.resume()
    return batch
  }

  /**
   * A digest is of what was coded (RFC 9530, section 3); but servers that code on the way out send the
   * one that they have, of what it was before. Either proves the bytes.
   */
  #checkDigest(): void {
    const digest = this.#digest
    this.#digest = undefined
    if (digest === undefined) return
    const found = [this.#codedHash!.digest('hex'), this.#plainHash!.digest('hex')]
    if (found.includes(digest.hex)) return
    const message = `${this.#host}: the ${digest.algorithm} is not the one that the server sent with it`
    throw new IntegrityError('GDL_ERR_DIGEST', message, { retryable: true })
  }

  #fail(error: Error): void {
    this.#error ??= error
    this.#watcher.feed()
  }

  #failure(error: Error): IntegrityError {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'Z_BUF_ERROR') return truncated(this.#host, error)
    const reason = code ?? error.message
    const message = `${this.#host}: the compressed body is not good: ${reason}`
    return new IntegrityError('GDL_ERR_CODING', message, { cause: error })
  }
}
