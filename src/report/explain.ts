/**
 * `gdl explain trace.json`: where the time went, in ten lines.
 *
 * A trace may have a million events, so it is read line by line, as `trace-file.ts` writes it, and summed
 * up on the way; one that another program wrote in one line is refused. Greenlets wait side by side, so
 * what they wait is added up, and is more than the run took. Who sleeps or waits for others of the run is
 * counted only inside of a download, whose span is written behind those in it: the greenlets that draw and
 * collect do nothing else.
 */
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { UsageError } from '../errors.ts'
import { formatDuration } from './format.ts'
import { sanitize } from './sanitize.ts'

/** How many hosts are named. */
const MOST_HOSTS = 3

/** What `trace-file.ts` writes, as far as it is looked at. */
interface TraceEvent {
  readonly ph: 'M' | 'X' | 'i'
  readonly ts: number
  readonly tid: number
  readonly name: string
  readonly cat?: string
  readonly dur?: number
  readonly args?: { readonly status?: string }
}

/** The text, with a line end. UsageError for what is not there, or is no trace of ours. */
export async function explain(path: string | undefined): Promise<string> {
  if (path === undefined) {
    throw new UsageError('GDL_ERR_USAGE', 'explain what? gdl explain trace.json', {
      hint: 'a list of that name is ./explain',
    })
  }
  const sum = new Sum()
  let first: string | undefined
  try {
    for await (const line of createInterface({ input: createReadStream(path) })) {
      first ??= line
      if (!first.endsWith('"traceEvents":[')) break
      if (line.startsWith('{"ph"')) sum.add(JSON.parse(line.replace(/,$/, '')) as TraceEvent)
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw new UsageError('GDL_ERR_USAGE', `${path}: ${code ?? message}`, { cause: error })
  }
  if (sum.turns === 0) throw new UsageError('GDL_ERR_USAGE', `${path} is no trace of gdl --trace`)
  const lines = sum.lines().map((line) => sanitize(line))
  return `${lines.join('\n')}\n`
}

class Sum {
  /** Of the loop. */
  turns = 0
  #turnsUs = 0
  #endUs = 0
  #greenlets = 0
  #downloads = 0
  readonly #happened = new Map<string, number>()
  /** Microseconds, by category. */
  readonly #spent = new Map<string, number>()
  readonly #byHost = new Map<string, number>()
  /** By lane, what counts if a download turns out to be around it. */
  readonly #undecided = new Map<number, TraceEvent[]>()
  /** By lane, when its last download began. */
  readonly #lastDownload = new Map<number, number>()
  #longest = { name: 'none', us: 0 }

  add(event: TraceEvent): void {
    const { ph, ts, tid, name, cat = '', dur = 0 } = event
    this.#endUs = Math.max(this.#endUs, ts + dur)
    if (ph === 'i') count(this.#happened, name, 1)
    if (ph !== 'X') return
    if (cat === 'loop') {
      this.turns++
      this.#turnsUs += dur
    } else if (cat === 'greenlet') {
      // In a shared lane a download may stand for its greenlet; here it is around a download that has been counted.
      if (ts > (this.#lastDownload.get(tid) ?? -1)) this.#greenlets++
      this.#undecided.delete(tid)
    } else if (cat === 'download') this.#addDownload(event, dur)
    else if (cat === 'timer' || cat === 'parked') {
      const before = this.#undecided.get(tid)
      if (before === undefined) this.#undecided.set(tid, [event])
      else before.push(event)
    } else {
      count(this.#spent, cat, dur)
      if (cat === 'network') count(this.#byHost, name.slice('network: '.length), dur)
    }
  }

  #addDownload({ ts, tid, name, args }: TraceEvent, us: number): void {
    this.#downloads++
    this.#greenlets++
    this.#lastDownload.set(tid, ts)
    if (args?.status !== undefined) count(this.#happened, 'done', 1)
    if (us > this.#longest.us) this.#longest = { name, us }
    for (const inside of this.#undecided.get(tid) ?? []) {
      if (inside.ts >= ts) count(this.#spent, inside.cat!, inside.dur!)
    }
    this.#undecided.delete(tid)
  }

  /** Ten of them. */
  lines(): string[] {
    const happened = (name: string): number => this.#happened.get(name) ?? 0
    const spent = (category: string): string => duration(this.#spent.get(category) ?? 0)
    const busy = Math.round((100 * this.#turnsUs) / Math.max(1, this.#endUs))
    const hosts = [...this.#byHost].sort(([, one], [, other]) => other - one)
    const named = hosts.slice(0, MOST_HOSTS).map(([host, us]) => `${host} ${duration(us)}`)
    if (hosts.length > MOST_HOSTS) named.push(`${hosts.length - MOST_HOSTS} others`)
    return [
      `the run        ${duration(this.#endUs)}, ${this.#greenlets} greenlets`,
      `downloads      ${this.#downloads} begun, ${happened('done')} done, ${happened('fail')} failed, ${happened('retry')} retries`,
      `the loop       ${busy} % busy, idle for ${duration(this.#endUs - this.#turnsUs)}, ${this.turns} turns`,
      `running        ${spent('running')}`,
      `ready          ${spent('ready')} until it was their turn to run`,
      `network        ${spent('network')}${named.length > 0 ? `: ${named.join(', ')}` : ''}`,
      `disk           ${spent('disk')}`,
      `timers         ${spent('timer')} before retries, and other sleep in downloads`,
      `each other     ${spent('parked')} in downloads: connections, limits, retries that wait for a turn`,
      `the longest    ${duration(this.#longest.us)}: ${this.#longest.name}`,
    ]
  }
}

function count(sums: Map<string, number>, key: string, by: number): void {
  sums.set(key, (sums.get(key) ?? 0) + by)
}

function duration(us: number): string {
  return formatDuration(us / 1000)
}
