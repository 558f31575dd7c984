/**
 * A terminal for tests: takes what a reporter writes, and shows what a person would see. Also the run
 * that reporters are shown, which the tests change as the engine would.
 */
import { EventEmitter } from 'node:events'
import xterm from '@xterm/headless'
import type { DoneStatus, DownloadEvent, RunState, Transfer } from '../../src/download/events.ts'

/** A transfer that the test writes. */
export type FakeTransfer = { -readonly [Key in keyof Transfer]: Transfer[Key] }

/** A row of the screen or of its scrollback. */
export interface ScreenRow {
  readonly text: string
  /** Whether it goes on with the row above, which was too long. */
  readonly wrapped: boolean
}

/** A terminal of xterm.js, as the stream that a reporter writes to. */
export class Screen extends EventEmitter {
  readonly isTTY = true
  columns: number
  rows: number
  /** Each write, as it came. */
  readonly writes: string[] = []
  readonly #terminal: xterm.Terminal
  #settled = true

  constructor(columns: number, rows: number) {
    super()
    this.columns = columns
    this.rows = rows
    this.#terminal = new xterm.Terminal({
      cols: columns,
      rows,
      scrollback: 20_000,
      allowProposedApi: true,
    })
  }

  write(text: string): boolean {
    this.writes.push(text)
    this.#settled = false
    this.#terminal.write(text)
    return true
  }

  async resize(columns: number, rows: number): Promise<void> {
    await this.settle()
    this.#terminal.resize(columns, rows)
    this.columns = columns
    this.rows = rows
    this.emit('resize')
  }

  /** All rows from the oldest on, without the blank ones at the end. */
  async read(): Promise<ScreenRow[]> {
    await this.settle()
    const buffer = this.#terminal.buffer.active
    const rows: ScreenRow[] = []
    for (let y = 0; y < buffer.length; y++) {
      const line = buffer.getLine(y)!
      rows.push({ text: line.translateToString(true), wrapped: line.isWrapped })
    }
    while (rows.length > 0 && rows.at(-1)!.text === '') rows.pop()
    return rows
  }

  /** The texts of `read`, wrapped rows joined. */
  async lines(): Promise<string[]> {
    const lines: string[] = []
    for (const { text, wrapped } of await this.read()) {
      if (wrapped) lines.push(lines.pop()! + text)
      else lines.push(text)
    }
    return lines
  }

  /** Where the cursor is, counted from the oldest row. */
  async cursor(): Promise<{ x: number; y: number }> {
    await this.settle()
    const buffer = this.#terminal.buffer.active
    return { x: buffer.cursorX, y: buffer.baseY + buffer.cursorY }
  }

  /** Waits until all that was written is on the screen. */
  async settle(): Promise<void> {
    if (this.#settled) return
    await new Promise<void>((resolve) => this.#terminal.write('', resolve))
    this.#settled = true
  }
}

/** A run whose state the tests may change. */
export class FakeRun implements RunState {
  total = 0
  downloaded = 0
  present = 0
  failed = 0
  bytes = 0
  readonly active = new Set<FakeTransfer>()
  startedMs = 0
  paused = false
  complete = true

  /** A new download under way. */
  start(path: string, total: number | undefined, nowMs = 0): FakeTransfer {
    const transfer: FakeTransfer = {
      id: ++this.#ids,
      url: `https://example.com/${encodeURIComponent(path)}`,
      path,
      state: 'receiving',
      bytes: 0,
      received: 0,
      connections: 1,
      total,
      startedMs: nowMs,
      attempt: 1,
      retryAtMs: undefined,
    }
    this.active.add(transfer)
    return transfer
  }

  receive(transfer: FakeTransfer, bytes: number): void {
    transfer.bytes += bytes
    transfer.received += bytes
    this.bytes += bytes
  }

  /** The end of `transfer`, as the engine would tell it. */
  done(transfer: Transfer, nowMs: number, status: DoneStatus = 'downloaded'): DownloadEvent {
    this.active.delete(transfer)
    if (status === 'downloaded' || status === 'resumed') this.downloaded++
    else this.present++
    const { id, url, path, bytes } = transfer
    const seconds = (nowMs - transfer.startedMs) / 1000
    return { event: 'done', id, url, path, bytes, seconds, attempts: 1, status }
  }

  #ids = 0
}

/** Random numbers in [0, 1) that a seed repeats (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}
