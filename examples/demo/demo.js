// `npm run demo`: gdl at work, without network, in a few seconds. A small file server is started on
// loopback, a list of its files is written, and the real command downloads them into a temporary
// folder. Afterwards every byte is compared. One file is missing on purpose: gdl must say so by its
// exit status, 8, and download all the others.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { contentOf, files, startServer } from './server.js'

const command = fileURLToPath(new URL('../../bin/gdl.js', import.meta.url))
const MISSING = 'missing.zip'
const SERVER_ERROR = 8

function sha256(data) {
  return createHash('sha256').update(data).digest('hex')
}

/** Runs gdl on this terminal, and gives its exit status. */
function runGdl(args, cwd) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [command, ...args], { cwd, stdio: 'inherit' })
    child.once('error', reject)
    child.once('close', (status, signal) => resolve(status ?? signal))
  })
}

/** What is wrong with the folder; nothing when every file is there with the right bytes. */
function complaints(folder) {
  const found = files
    .filter((file) => {
      const place = path.join(folder, file.name)
      return !existsSync(place) || sha256(readFileSync(place)) !== sha256(contentOf(file))
    })
    .map((file) => `${file.name} is missing, or differs`)
  const expected = new Set(files.map((file) => file.name))
  const surplus = readdirSync(folder).filter((name) => !expected.has(name))
  return [...found, ...surplus.map((name) => `${name} should not be there`)]
}

const home = mkdtempSync(path.join(tmpdir(), 'gdl-demo-'))
const list = path.join(home, 'urls.txt')
const folder = path.join(home, 'files')
const server = await startServer()
const names = [...files.map((file) => file.name), MISSING]
const lines = names.map((name) => `${server.origin}/${encodeURIComponent(name)}`)
writeFileSync(list, `# the demo's files; the last one is not there\n${lines.join('\n')}\n`)

console.log(`${names.length} files are served at ${server.origin}`)
console.log(`$ gdl --dir ${folder} ${list}\n`)
const status = await runGdl(['--dir', folder, list], home)
server.close()

const wrong = existsSync(folder) ? complaints(folder) : ['nothing was downloaded']
if (status !== SERVER_ERROR) wrong.push(`the exit status is ${status}, not ${SERVER_ERROR}`)
console.log('')
if (wrong.length === 0) {
  console.log(`All ${files.length} files are there, every byte is right (SHA-256), in ${folder}`)
  console.log(`${MISSING} was answered by 404, as planned: exit status ${SERVER_ERROR}.`)
} else {
  for (const complaint of wrong) console.error(`demo: ${complaint}`)
  process.exitCode = 1
}
