// Loaded before gdl (`node --import`): counts what it writes to standard error, frame by frame, and
// leaves the figures in writes.json. A frame is what turns wrapping off and on again, once.
import { writeFileSync } from 'node:fs'

const FRAME = '\x1b[?7l'
const frames = []
let others = 0
const write = process.stderr.write.bind(process.stderr)
process.stderr.write = (text, ...rest) => {
  const parts = String(text).split(FRAME).length - 1
  if (parts > 1) throw new Error('two frames in one write')
  if (parts === 1) frames.push(performance.now())
  else others++
  return write(text, ...rest)
}
process.on('exit', () => {
  const inASecondFrom = frames.map(
    (at, n) => frames.filter((one, m) => m >= n && one < at + 1000).length,
  )
  const mostInASecond = Math.max(0, ...inASecondFrom)
  const seconds = frames.length === 0 ? 0 : (frames.at(-1) - frames[0]) / 1000
  writeFileSync(
    'writes.json',
    JSON.stringify({ frames: frames.length, others, mostInASecond, seconds }),
  )
})
