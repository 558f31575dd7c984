/**
 * Kill, as a table: {where the victim is parked} x {its finally} x {who kills}.
 */
import { describe, expect, it } from 'vitest'
import {
  AsyncResult,
  Channel,
  Event,
  getcurrent,
  getHub,
  Greenlet,
  GreenletExit,
  type IoWatcher,
  killall,
  nursery,
  type Operation,
  Queue,
  Semaphore,
  sleep,
  spawn,
  Timeout,
  withTimeout,
} from '../../src/scheduler/index.ts'
import { atOnce, keepErrors, runClean, thrownBy, time } from './helpers.ts'

const PLACES = [
  'sleep',
  'sleep(0)',
  'semaphore',
  'event',
  'queue',
  'channel',
  'result',
  'nursery',
  'join',
  'get',
  'io watcher',
  'withTimeout',
  'nested yield* chain',
  'spawn-pending',
  'not started',
  'running itself',
] as const
const FINALLY = ['none', 'plain', 'parks', 'throws', 'catches'] as const
const KILLERS = ['sibling', 'main', 'callback', 'killall', 'Timeout'] as const

type Place = (typeof PLACES)[number]
type Finally = (typeof FINALLY)[number]
type Killer = (typeof KILLERS)[number]

const KILL_AT = 10
const CLEANUP_MS = 5

/** Where a victim can be parked, all of them in one run. */
class Scene {
  readonly log: string[] = []
  readonly semaphore: Semaphore
  readonly event: Event
  readonly queue = new Queue<string>()
  readonly channel = new Channel<string>()
  readonly result = new AsyncResult<string>()
  readonly io: IoWatcher
  readonly other: Greenlet<void>

  constructor() {
    this.semaphore = new Semaphore(0)
    this.event = new Event()
    this.io = getHub().loop.io()
    this.other = spawn(() => sleep(1000))
  }

  *park(place: Place): Operation<unknown> {
    switch (place) {
      case 'sleep':
        return yield* sleep(500)
      case 'sleep(0)':
        return yield* sleep(0)
      case 'semaphore':
        return yield* this.semaphore.acquire()
      case 'event':
        return yield* this.event.wait(500)
      case 'queue':
        return yield* this.queue.get()
      case 'channel':
        return yield* this.channel.put('never')
      case 'result':
        return yield* this.result.get(500)
      case 'nursery':
        return yield* nursery((n) => atOnce(() => n.spawn(() => sleep(500))))
      case 'join':
        return yield* this.other.join()
      case 'get':
        return yield* this.other.get(500)
      case 'io watcher':
        return yield* getHub().wait(this.io)
      case 'withTimeout':
        return yield* withTimeout(500, () => sleep(600))
      case 'nested yield* chain':
        return yield* this.chain(20)
      default:
        return yield* sleep(500)
    }
  }

  *chain(depth: number): Operation<void> {
    try {
      if (depth === 0) yield* sleep(500)
      else yield* this.chain(depth - 1)
      this.log.push('the chain went on')
    } finally {
      if (depth === 10) yield* sleep(0)
    }
  }

  /** Nobody stands in a queue, and what the victim waited for comes to the next. */
  *check(): Operation<void> {
    const next = spawn(() => this.semaphore.acquire())
    yield* sleep(0)
    this.semaphore.release()
    expect(yield* next.get(1)).toBe(true)
    expect(this.semaphore.counter).toBe(0)
    const getter = spawn(() => this.queue.get())
    const receiver = spawn(() => this.channel.get())
    yield* sleep(0)
    this.queue.putNowait('item')
    this.channel.putNowait('item')
    expect([yield* getter.get(1), yield* receiver.get(1)]).toEqual(['item', 'item'])
    this.result.set('result')
    this.event.set()
    expect(this.io.active).toBe(false)
    yield* this.other.kill()
    this.io.ref = false
    const again = spawn(() => getHub().wait(this.io))
    yield* sleep(1)
    this.io.feed('data')
    expect(yield* again.get()).toBe('data')
  }
}

const cleanupError = new Error('of the cleanup')

function* victimBody(
  scene: Scene,
  place: Place,
  way: Finally,
  act: () => Operation<unknown>,
): Operation<unknown> {
  const { log } = scene
  log.push('begun')
  const parkThere = function* (): Operation<unknown> {
    yield* act()
    const result = yield* scene.park(place)
    log.push('went on')
    return result
  }
  if (way === 'none') return yield* parkThere()
  if (way === 'catches') {
    try {
      return yield* parkThere()
    } catch {
      yield* sleep(CLEANUP_MS)
      return 'alive'
    }
  }
  try {
    return yield* parkThere()
  } finally {
    log.push('cleanup')
    if (way === 'parks') yield* sleep(CLEANUP_MS)
    // oxlint-disable-next-line eslint/no-unsafe-finally
    if (way === 'throws') throw cleanupError
  }
}

function* nothing(): Operation<void> {}

/** Kills `victim`, which `start` starts, and comes back when it has ended. */
function* killBy(
  killer: Killer,
  victim: Greenlet<unknown>,
  start: () => Operation<void>,
): Operation<void> {
  if (killer === 'sibling') {
    // Ahead of a victim that is to be killed before its turn.
    const sibling = spawn(() => victim.kill())
    yield* start()
    yield* sibling.join()
  } else if (killer === 'callback') {
    getHub().loop.runCallback(() => victim.killSoon())
    yield* start()
    yield* victim.join()
  } else {
    yield* start()
    if (killer === 'main') yield* victim.kill()
    else if (killer === 'killall') yield* killall([victim])
    else yield* victim.join()
  }
}

/** What a running greenlet does to kill itself. */
function* killMyself(killer: Killer): Operation<unknown> {
  const me = getcurrent()!
  if (killer === 'main') return yield* me.kill()
  if (killer === 'killall') return yield* killall([me])
  if (killer === 'sibling') return yield* spawn(() => me.kill()).join()
  getHub().loop.runCallback(() => me.killSoon())
  return me.killSoon()
}

function isPossible(place: Place, killer: Killer): boolean {
  // A Timeout is started by its victim, and comes with a timer: not into what can't run or has no time.
  return (
    killer !== 'Timeout' ||
    !['sleep(0)', 'spawn-pending', 'not started', 'running itself'].includes(place)
  )
}

/** Whether the kill comes after some time. */
function isTimed(place: Place, killer: Killer): boolean {
  return place !== 'running itself' && killer !== 'Timeout'
}

const table = PLACES.flatMap((place) =>
  FINALLY.flatMap((way) =>
    KILLERS.filter((killer) => isPossible(place, killer)).map((killer) => ({ place, way, killer })),
  ),
)

describe('a victim', () => {
  it.each(table)(
    'S29, 3b: in $place, finally $way, killed by $killer',
    ({ place, way, killer }) => {
      runClean(function* () {
        const errors = keepErrors()
        const scene = new Scene()
        let timeout: Timeout | undefined
        const act = function* (): Operation<void> {
          if (place === 'running itself') yield* killMyself(killer)
          if (killer === 'Timeout') timeout = Timeout.start(KILL_AT)
        }
        const runs = place !== 'spawn-pending' && place !== 'not started'
        const victim = new Greenlet(victimBody as never, scene, place, way, runs ? act : nothing)
        const isDirect = killer === 'main' || killer === 'killall'
        const start = (): Operation<void> => atOnce(() => victim.start())
        if (runs) {
          yield* start()
          // In sleep(0), the victim stands in the FIFO when the kill comes.
          if (place !== 'sleep(0)' && isTimed(place, killer)) yield* sleep(KILL_AT)
          else if (place === 'sleep(0)' && isDirect) yield* sleep(0)
        }
        const killedAt = killer === 'Timeout' ? KILL_AT : time()
        const starts = place === 'spawn-pending' ? start : nothing
        if (place === 'running itself') yield* victim.join()
        else yield* killBy(killer, victim, starts)

        const parks = runs && (way === 'parks' || way === 'catches')
        expect(victim.dead).toBe(true)
        expect(time()).toBe(killedAt + (parks ? CLEANUP_MS : 0))
        const cleaned = runs && way !== 'none' && way !== 'catches'
        expect(scene.log).toEqual([...(runs ? ['begun'] : []), ...(cleaned ? ['cleanup'] : [])])
        if (runs && way === 'catches') expect(victim.value).toBe('alive')
        else if (runs && way === 'throws') expect(victim.exception).toBe(cleanupError)
        else if (killer === 'Timeout') expect(victim.exception).toBe(timeout)
        else expect(victim.value).toBeInstanceOf(GreenletExit)
        expect(errors).toEqual(victim.successful ? [] : [victim.exception])
        if (!victim.successful) expect(yield* thrownBy(victim.get())).toBe(victim.exception)
        yield* scene.check()
        expect(scene.log).not.toContain('went on')
      })
    },
  )
})
