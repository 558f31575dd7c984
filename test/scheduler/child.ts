/**
 * Programs on the scheduler in a process of their own: signals, exit statuses, what holds a process.
 * The sources are compiled once for a test file, so that a stale or broken build of gdl does not matter.
 */
import { spawn, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Compiles the scheduler into `folder`. */
export function compileScheduler(folder: string): void {
  const compiler = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const source = path.join(root, 'src', 'scheduler')
  const options =
    '--ignoreConfig --module nodenext --target es2023 --types node --skipLibCheck --rewriteRelativeImportExtensions'
  const result = spawnSync(
    process.execPath,
    [compiler, path.join(source, 'index.ts'), '--outDir', folder, ...options.split(' ')],
    { cwd: root, encoding: 'utf8' },
  )
  if (result.status !== 0) throw new Error(result.stdout + result.stderr)
  writeFileSync(path.join(folder, 'package.json'), '{"type":"module"}')
}

/** How a program ended. */
export interface Ended {
  readonly status: number | null
  readonly signal: NodeJS.Signals | null
  readonly lines: string[]
  readonly stderr: string
}

let programs = 0

/**
 * Runs `program`, the text of a module that has all names of the scheduler and `log(line)`, to its end.
 * `onLine` is told of each line that it logs, and may send it a signal.
 */
export function runProgram(
  folder: string,
  program: string,
  onLine: (line: string, kill: (signal: NodeJS.Signals) => void) => void = () => {},
): Promise<Ended> {
  const file = path.join(folder, `program-${++programs}.js`)
  const door = pathToFileURL(path.join(folder, 'index.js')).href
  writeFileSync(
    file,
    `import * as scheduler from '${door}'
     const { ${NAMES.join(', ')} } = scheduler
     const log = (line) => process.stdout.write(line + '\\n')
     ${program}`,
  )
  const child = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'pipe'] })
  const timer = setTimeout(() => child.kill('SIGKILL'), 20_000)
  let stdout = ''
  let stderr = ''
  let told = 0
  child.stderr.on('data', (chunk) => (stderr += String(chunk)))
  child.stdout.on('data', (chunk) => {
    stdout += String(chunk)
    const lines = stdout.split('\n').slice(0, -1)
    for (; told < lines.length; told++) onLine(lines[told]!, (signal) => child.kill(signal))
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (status, signal) => {
      clearTimeout(timer)
      resolve({ status, signal, lines: stdout.split('\n').slice(0, -1), stderr })
    })
  })
}

const NAMES = [
  'Event',
  'getHub',
  'Hub',
  'Interrupted',
  'LoopExit',
  'run',
  'sleep',
  'spawn',
  'spawnLater',
  'Timeout',
]
