/**
 * The monitor: who keeps all others from running, and where.
 *
 * A thread that is blocked can't look at itself. So a worker watches a counter in shared memory that
 * the hub moves at each switch; when that stands still in the middle of a turn for too long, the worker
 * has V8's inspector pause the main thread, reads its stack, and lets it go on. That is the true stack
 * of the blocked code, an endless loop's too. To time each resume instead was rejected: it tells the
 * name and the time, when it is over, and no place.
 *
 * What it can't see: a callback of the host's that blocks outside of all turns, and a call into native
 * code until that comes back. While it runs it costs some 100 ns a switch, and a worker.
 */
import { isMainThread, Worker } from 'node:worker_threads'
import { addTracer } from './trace.ts'

/** One block, told once however long it goes on. */
export interface Blocked {
  /** Who ran; undefined for a callback in the hub. */
  readonly greenlet: string | undefined
  /** For how long so far, in milliseconds. */
  readonly ms: number
  /** Where, the innermost call first, as in an error's stack. */
  readonly stack: string
}

/** How to watch. */
export interface MonitorOptions {
  /** For how long a greenlet or a callback may run without a switch, in milliseconds. Default 100. */
  readonly maxBlockingMs?: number
  /**
   * Called in the main thread once it gets to its events again. Default: the worker prints to standard
   * error at once, so that an endless loop is told of, too.
   */
  readonly report?: (blocked: Blocked) => void
}

/** Watches the main thread's scheduler (S66). For debugging: it takes the inspector for itself. */
export class Monitor {
  readonly #options: MonitorOptions
  #worker: Worker | undefined
  #removeTracer = (): void => {}

  constructor(options: MonitorOptions = {}) {
    this.#options = options
  }

  /** Begins to watch; takes some 30 ms to be ready. Does not hold the process. An Error in a worker thread. */
  start(): void {
    /* v8 ignore if -- @preserve: seen from a worker only, where coverage is not taken */
    if (!isMainThread) throw new Error('a Monitor can watch the main thread only')
    this.#worker ??= this.#watch()
  }

  /** Ends it. */
  stop(): void {
    this.#removeTracer()
    void this.#worker?.terminate()
    this.#worker = undefined
  }

  #watch(): Worker {
    const { maxBlockingMs = 100, report } = this.#options
    const beat = new Int32Array(new SharedArrayBuffer(8))
    // Perhaps it is started by a greenlet that blocks next.
    beat[IN_TURN] = 1
    this.#removeTracer = addTracer({
      switch() {
        beat[COUNT]! += 1
      },
      iteration(phase) {
        beat[COUNT]! += 1
        beat[IN_TURN] = phase === 'begin' ? 1 : 0
      },
    })
    const workerData = { beat, maxBlockingMs, prints: report === undefined }
    const worker = new Worker(`(${watch.toString()})()`, { eval: true, workerData })
    worker.on('message', (blocked: Blocked) => report?.(blocked))
    worker.unref()
    return worker
  }
}

/** Places in the shared memory: how many switches there were, and whether a turn is under way. */
const COUNT = 0
const IN_TURN = 1

/* v8 ignore start -- @preserve: it runs in a worker, where coverage is not taken */
/** The worker's whole program: it is sent as text, so that it needs no file, and can use nothing of this one. */
function watch(): void {
  const { parentPort, workerData } = process.getBuiltinModule('node:worker_threads')
  const { Session } = process.getBuiltinModule('node:inspector')
  const { writeSync } = process.getBuiltinModule('node:fs')
  const { beat, maxBlockingMs, prints } = workerData as {
    readonly beat: Int32Array
    readonly maxBlockingMs: number
    readonly prints: boolean
  }
  let count = -1
  let since = 0
  let told = false

  setInterval(() => {
    const now = performance.now()
    if (count !== Atomics.load(beat, 0) || Atomics.load(beat, 1) === 0) {
      count = Atomics.load(beat, 0)
      since = now
      told = false
    } else if (!told && now - since >= maxBlockingMs) {
      told = true
      look(now - since)
    }
  }, maxBlockingMs / 4)

  function look(ms: number): void {
    const seen = count
    const session = new Session()
    session.connectToMainThread()
    const urls = new Map<string, string>()
    session.on('Debugger.scriptParsed', ({ params: { scriptId, url } }) => urls.set(scriptId, url))
    session.on('Debugger.paused', ({ params: { callFrames } }) => {
      const lines = callFrames.map(({ functionName, location }) => {
        const place = `${urls.get(location.scriptId)}:${location.lineNumber + 1}:${(location.columnNumber ?? 0) + 1}`
        return `    at ${functionName === '' ? '<anonymous>' : functionName} (${place})`
      })
      const leave = (name: string | undefined): void => {
        session.post('Debugger.resume', () => session.disconnect())
        // It may have gone on before it could be paused; then this is the stack of somebody else.
        if (Atomics.load(beat, 0) !== seen) return
        tell({ greenlet: name, ms: Math.round(ms), stack: lines.join('\n') })
      }
      // The call that runs a greenlet is a method of it.
      const home = callFrames.find(
        (frame) =>
          frame.functionName === 'switch' && frame.this.className?.endsWith('Greenlet') === true,
      )
      if (home?.this.objectId === undefined) leave(undefined)
      else {
        const { objectId } = home.this
        const functionDeclaration = 'function () { return this.name }'
        session.post('Runtime.callFunctionOn', { objectId, functionDeclaration }, (_, answer) => {
          leave(answer.result.value as string)
        })
      }
    })
    session.post('Debugger.enable')
    session.post('Debugger.pause')
  }

  function tell(blocked: Blocked): void {
    if (!prints) parentPort!.postMessage(blocked)
    else {
      const who = blocked.greenlet ?? 'a callback of the loop'
      writeSync(2, `${who} has blocked the loop for ${blocked.ms} ms:\n${blocked.stack}\n`)
    }
  }
}
/* v8 ignore stop -- @preserve */
