// `npm run bench:faults -- [words]`: what gdl, curl, aria2c and wget2, as far as they are installed, make
// of servers that lie, of networks that break and of SIGKILL. Prints a Markdown table, a row for a fault
// and a column for a tool; `words` choose the faults whose titles have one of them. The tools meet a fault
// at the same time, each with servers and a folder of its own. What a verdict is made of: `faults/judge.js`.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Bout } from './faults/bout.js'
import { contestants } from './faults/contestants.js'
import { faults } from './faults/faults.js'

const words = process.argv.slice(2).map((word) => word.toLowerCase())
const chosen = faults.filter(
  ({ title }) => words.length === 0 || words.some((word) => title.toLowerCase().includes(word)),
)
const present = contestants()
const scratch = mkdtempSync(path.join(tmpdir(), 'gdl-faults-'))

async function meet(fault, contestant) {
  const bout = new Bout(contestant, scratch)
  try {
    return (await fault.meet(bout)) ?? '-'
  } finally {
    bout.close()
  }
}

const row = (cells) => console.log(`| ${cells.join(' | ')} |`)

row(['', ...present.map(({ name }) => name)])
row(['', ...present].map(() => '---'))
for (const fault of chosen) {
  row([fault.title, ...(await Promise.all(present.map((one) => meet(fault, one))))])
}
const versions = present.map(({ name, version }) => `${name} ${version}`).join(', ')
console.log(`\n${versions}; Node ${process.versions.node}.`)
rmSync(scratch, { recursive: true, force: true })
