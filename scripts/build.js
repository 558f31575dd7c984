// Compiles src/ into dist/, bundles the command and the page of --report there, adds the lint rule, and
// writes the man page. The compiler writes into a folder of its own, which then takes dist's place:
// whoever runs the command meanwhile meets the old build or the new one, and a renamed source leaves no
// stale module behind. Does nothing when the sources are those that dist/ was built from,
// unless called with --force; so `npm test` can ask for a build each time.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { buildSync } from 'esbuild'
import { bundle } from './bundle.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const dist = path.join(root, 'dist')
const cache = path.join(root, 'node_modules', '.cache', 'gdl')
const stamp = path.join(cache, 'built-from')
const fresh = path.join(cache, `build-${process.pid}`)
const stale = path.join(cache, `stale-${process.pid}`)

/** One hash over everything that decides what a build gives. */
function fingerprint() {
  const sources = readdirSync(path.join(root, 'src'), { recursive: true, withFileTypes: true })
    .filter((item) => item.isFile())
    .map((item) => path.relative(root, path.join(item.parentPath, item.name)))
    .sort()
  const hash = createHash('sha256')
  for (const name of [
    'package-lock.json',
    'package.json',
    'scripts/build.js',
    'scripts/bundle.js',
    'scripts/write-code.js',
    'bin/load.cjs',
    'scripts/lint-rules.js',
    'tsconfig.json',
    'tsconfig.build.json',
    ...sources,
  ]) {
    hash
      .update(`${name}\0`)
      .update(readFileSync(path.join(root, name)))
      .update('\0')
  }
  return hash.digest('hex')
}

/** Renames, or copies where node_modules is a mount of its own. */
function move(from, to) {
  try {
    renameSync(from, to)
  } catch (error) {
    if (error.code !== 'EXDEV') throw error
    cpSync(from, to, { recursive: true })
    rmSync(from, { recursive: true })
  }
}

function compile() {
  const compiler = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const project = path.join(root, 'tsconfig.build.json')
  const result = spawnSync(
    process.execPath,
    [compiler, '-p', project, '--outDir', fresh, '--noEmitOnError'],
    { stdio: 'inherit' },
  )
  return result.status ?? 1
}

/** The page of --report, in one file: its script and its style sheet, which alone may run, by their hashes. */
function buildPage() {
  const source = path.join(root, 'src', 'report', 'html')
  const built = buildSync({
    entryPoints: [path.join(source, 'page.ts'), path.join(source, 'style.css')],
    outdir: fresh,
    bundle: true,
    minify: true,
    write: false,
    format: 'iife',
    target: ['chrome111', 'firefox115', 'safari16.4'],
    legalComments: 'none',
  })
  let page = readFileSync(path.join(source, 'page.html'), 'utf8')
  for (const [tag, extension] of [
    ['script', '.js'],
    ['style', '.css'],
  ]) {
    const text = built.outputFiles.find((file) => file.path.endsWith(extension)).text.trim()
    const hash = createHash('sha256').update(text).digest('base64')
    page = page
      .replace(`sha256-${tag}`, () => `sha256-${hash}`)
      .replace(`<${tag}></${tag}>`, () => `<${tag}>${text}</${tag}>`)
  }
  writeFileSync(path.join(fresh, 'report.html'), page)
}

/** Writes the man page, made from the table of options. */
async function writeManPage() {
  const { manPage } = await import(pathToFileURL(path.join(dist, 'cli', 'man.js')).href)
  writeFileSync(path.join(dist, 'gdl.1'), manPage())
}

const wanted = fingerprint()
const built = existsSync(dist) && existsSync(stamp) ? readFileSync(stamp, 'utf8') : ''
if (process.argv.includes('--force') || built !== wanted) {
  mkdirSync(cache, { recursive: true })
  try {
    process.exitCode = compile()
    if (process.exitCode === 0) {
      await bundle(fresh)
      buildPage()
      cpSync(path.join(root, 'scripts', 'lint-rules.js'), path.join(fresh, 'lint-rules.js'))
      rmSync(stamp, { force: true })
      if (existsSync(dist)) move(dist, stale)
      move(fresh, dist)
      await writeManPage()
      writeFileSync(stamp, wanted)
    }
  } finally {
    rmSync(fresh, { recursive: true, force: true })
    rmSync(stale, { recursive: true, force: true })
  }
}
