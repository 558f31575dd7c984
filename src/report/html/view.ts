/**
 * The stretch of time that is looked at, which the charts share.
 */

/** Half-open, in milliseconds since the run began. */
export interface Range {
  readonly fromMs: number
  readonly toMs: number
}

/** What is shown of a run: all of it at first. */
export class View {
  readonly whole: Range
  #range: Range
  readonly #listeners: (() => void)[] = []

  constructor(lengthMs: number) {
    this.whole = { fromMs: 0, toMs: Math.max(lengthMs, 1) }
    this.#range = this.whole
  }

  get range(): Range {
    return this.#range
  }

  get isWhole(): boolean {
    return this.#range === this.whole
  }

  /** Calls `listener` after each change. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener)
  }

  /** Shows what of `range` is in the run. */
  show({ fromMs, toMs }: Range): void {
    const { whole } = this
    const length = Math.min(Math.max(toMs - fromMs, whole.toMs / 10_000, 1), whole.toMs)
    const from = Math.min(Math.max(fromMs, 0), whole.toMs - length)
    this.#range = length === whole.toMs ? whole : { fromMs: from, toMs: from + length }
    for (const listener of this.#listeners) listener()
  }

  /** Shows less (a factor below 1) or more, around `atMs`, or the middle. */
  zoom(factor: number, atMs?: number): void {
    const { fromMs, toMs } = this.#range
    const around = atMs ?? (fromMs + toMs) / 2
    const [before, after] = [around - fromMs, toMs - around]
    this.show({ fromMs: around - before * factor, toMs: around + after * factor })
  }

  /** Moves by a part of what is shown. */
  pan(part: number): void {
    const { fromMs, toMs } = this.#range
    const by = (toMs - fromMs) * part
    this.show({ fromMs: fromMs + by, toMs: toMs + by })
  }
}

/** Round times within `range`, about `count` of them, with what to write there. */
export function ticksOf({ fromMs, toMs }: Range, count: number): { ms: number; text: string }[] {
  const wanted = (toMs - fromMs) / Math.max(count, 1)
  const step = STEPS_MS.find((ms) => ms >= wanted) ?? STEPS_MS.at(-1)!
  const ticks: { ms: number; text: string }[] = []
  for (let ms = Math.ceil(fromMs / step) * step; ms <= toMs; ms += step) {
    ticks.push({ ms, text: timeText(ms, step) })
  }
  return ticks
}

/** Steps between ticks: 1, 2 and 5 of milliseconds, then what divides minutes and hours. */
export const STEPS_MS: readonly number[] = [
  ...[1, 10, 100, 1000].flatMap((ms) => [ms, 2 * ms, 5 * ms]),
  ...[10, 15, 30, 60, 120, 300, 600, 900, 1800].map((seconds) => seconds * 1000),
  ...[1, 2, 3, 6, 12, 24, 48, 168].map((hours) => hours * 3_600_000),
]

/** `ms` since the run began, as exact as steps of `stepMs` need it: `1.5 s`, `2:05`, `1:00:00`. */
export function timeText(ms: number, stepMs: number): string {
  if (ms >= 60_000) {
    const seconds = Math.floor(ms / 1000)
    const two = (value: number): string => String(value).padStart(2, '0')
    const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
    const rest = stepMs < 1000 ? (ms / 1000 - seconds).toFixed(3).slice(1) : ''
    return `${h > 0 ? `${h}:${two(m)}` : m}:${two(s)}${rest}`
  }
  if (stepMs < 100 && ms < 1000) return `${Math.round(ms)} ms`
  const digits = stepMs >= 1000 ? 0 : stepMs >= 100 ? 1 : stepMs >= 10 ? 2 : 3
  return `${(ms / 1000).toFixed(digits)} s`
}
