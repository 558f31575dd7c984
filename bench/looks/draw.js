// What drawing takes by itself: the reporter with bars, 200 downloads under way and three ends a frame,
// in a window of `columns` and `rows`, for so many frames. Gives the milliseconds of CPU time a frame.
import { EventEmitter } from 'node:events'
import { BarsReporter } from '../../dist/report/bars.js'

const AT_ONCE = 200
const ENDS = 3
const FRAME_MS = 100

/** Draws, and forgets what was drawn. */
export function drawingCost(columns, rows, frames) {
  const stream = Object.assign(new EventEmitter(), { columns, rows, write: () => true })
  const active = new Set()
  const run = {
    total: 10_000,
    downloaded: 0,
    present: 0,
    failed: 0,
    bytes: 0,
    active,
    startedMs: 0,
  }
  const state = Object.assign(run, { paused: false, complete: true })
  const reporter = new BarsReporter({
    stream,
    run: state,
    loudness: 'ends',
    colour: true,
    unicode: true,
  })
  let id = 0
  const before = process.cpuUsage()
  for (let frame = 1; frame <= frames; frame++) {
    for (const transfer of [...active].slice(0, ENDS)) end(transfer)
    while (active.size < AT_ONCE) active.add(begun(++id, frame))
    for (const transfer of active) receive(transfer)
    reporter.tick(frame * FRAME_MS)
  }
  const { user, system } = process.cpuUsage(before)
  reporter.close()
  return (user + system) / 1000 / frames

  function end(transfer) {
    active.delete(transfer)
    run.downloaded++
    const { path, url, bytes } = transfer
    const how = { status: 'downloaded', attempts: 1, seconds: 1 }
    reporter.event({ event: 'done', id: transfer.id, path, url, bytes, ...how })
  }

  function receive(transfer) {
    transfer.bytes += 1000
    transfer.received += 1000
    run.bytes += 1000
  }
}

function begun(id, frame) {
  return {
    id,
    url: `http://example.org/file-${id}.bin`,
    path: `files/file-${id}.bin`,
    state: 'receiving',
    bytes: 0,
    received: 0,
    connections: 1,
    total: 300_000,
    startedMs: frame * FRAME_MS,
    attempt: 1,
    retryAtMs: undefined,
  }
}
