/**
 * A network in simulated time, and a crowd of downloads that goes through it: a server that is some
 * way off, one line that all share, and what the server does when too many come at once.
 *
 * The line sends chunks first come first served, so that connections share it fairly; a connection by
 * itself can't be faster than its window for each round trip.
 */
import { Governor, type GovernorLimits } from '../../src/download/governor.ts'
import { getHub, joinall, type Operation, sleep, spawn } from '../../src/scheduler/index.ts'
import { runSimulated } from '../../src/scheduler/testing.ts'

/** What there is to download, and through what. */
export interface Setting {
  /** The sizes of the files, in bytes. */
  readonly files: readonly number[]
  /** From the request to the head of its answer, on a server at rest. */
  readonly latencyMs: (at: number) => number
  readonly lineBytesPerMs: number
  readonly connectionBytesPerMs: number
  /** By how much the server takes longer for each with so many at once. */
  readonly slowDown?: (connections: number) => number
  /** With more than so many at once it answers 503, and asks for a second. */
  readonly mostConnections?: number
  /** One try in so many is reset, whatever the load. */
  readonly resetEach?: number
}

const ORIGIN = 'http://host'
const CHUNK = 16 * 1024
const RETRY_AFTER_MS = 1000

/** How long it takes to download all, in milliseconds, and the most connections there were. */
export function simulate(setting: Setting, limits: GovernorLimits): { ms: number; most: number } {
  return runSimulated(function* () {
    const { loop } = getHub()
    const now = (): number => {
      loop.update()
      return loop.now()
    }
    const governor = new Governor(limits)
    let connections = 0
    let most = 0
    let lineFreeMs = 0
    let tries = 0

    function* transfer(bytes: number, onBytes: (bytes: number) => void): Operation<void> {
      for (let left = bytes; left > 0; left -= CHUNK) {
        const chunk = Math.min(left, CHUNK)
        lineFreeMs = Math.max(lineFreeMs, now()) + chunk / setting.lineBytesPerMs
        const ownMs = now() + chunk / setting.connectionBytesPerMs
        yield* sleep(Math.max(lineFreeMs, ownMs) - now())
        onBytes(chunk)
      }
    }

    function* download(bytes: number, at: number): Operation<void> {
      for (let isReturning = false; ; isReturning = true) {
        const turn = governor.ask(ORIGIN, { returning: isReturning })
        yield* turn.granted()
        most = Math.max(most, ++connections)
        const askedMs = now()
        const isRefused = connections > (setting.mostConnections ?? Infinity)
        yield* sleep(setting.latencyMs(at) * (setting.slowDown?.(connections) ?? 1))
        const isReset = ++tries % (setting.resetEach ?? Infinity) === 0
        if (isReset) turn.trouble({ isRefusal: false })
        else if (isRefused) {
          turn.trouble({ isRefusal: true })
          governor.hold(ORIGIN, now() + RETRY_AFTER_MS)
        } else {
          turn.answered(now() - askedMs)
          yield* transfer(bytes, (chunk) => turn.received(chunk))
        }
        connections--
        turn.giveBack()
        if (!isRefused && !isReset) return
      }
    }

    yield* joinall(setting.files.map((bytes, at) => spawn(download, bytes, at)))
    return { ms: now(), most }
  })
}
