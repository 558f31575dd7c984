/**
 * A body to standard output (`-o -`): checked as it goes by, for what was written can't be taken back.
 */
import { hostOf, type Response } from '../io/index.ts'
import type { Operation } from '../scheduler/index.ts'
import type { Allowance } from './allowance.ts'
import type { Expectation } from './expectation.ts'
import type { SessionOptions } from './options.ts'
import { Speed, tooSlow } from './speed.ts'
import { StandardOutput } from './standard-output.ts'
import { Verifier } from './verify.ts'

interface Surroundings {
  readonly options: SessionOptions
  readonly allowance: Allowance
  readonly expectation: Expectation
  /** Called before the first bytes are written, and again. */
  readonly begun: () => void
}

/**
 * Writes the whole body, and gives its length. Parks. IntegrityError, FileError, NetworkError; a kill leaves
 * what was written.
 */
export function* receiveToOutput(
  response: Response,
  { options, allowance, expectation, begun }: Surroundings,
): Operation<number> {
  const { minSpeedBytesPerSecond: minSpeed, minSpeedTimeMs } = options
  const output = new StandardOutput()
  const verifier = new Verifier(expectation.promisedBy(response))
  const speed = new Speed(minSpeedTimeMs, performance.now())
  /** How long we and who reads our output have had the server wait. */
  let heldMs = 0
  let bytes = 0
  for (;;) {
    const batch = yield* response.readBatch()
    if (batch === undefined) break
    const nowMs = performance.now()
    speed.add(batch.bytes, nowMs - heldMs)
    if (minSpeed !== undefined && speed.isBelow(minSpeed, minSpeedTimeMs, nowMs - heldMs)) {
      throw tooSlow(hostOf(response.url), minSpeedTimeMs)
    }
    verifier.add(bytes, batch.chunks)
    bytes += batch.bytes
    expectation.checkLength(bytes, false)
    begun()
    const received = batch.bytes
    yield* output.write(batch)
    yield* allowance.count(received)
    heldMs += performance.now() - nowMs
  }
  expectation.checkLength(bytes, true)
  verifier.check(hostOf(response.url))
  return bytes
}
