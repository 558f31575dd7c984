// The command in one file, in place of its modules, and the code that V8 makes of it: a start reads two files instead of
// a hundred, and compiles nothing. CommonJS, for only a script can be given its code (bin/load.cjs).
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

/**
 * What comes with undici's client and is of no use here. Its HTTP/2 loads Node's, for 10 ms: what is connected to that
 * client speaks HTTP/1.1; HTTP/2 has connections of its own (src/io/http2-connection.ts). Of Node's own HTTP, 5 ms, it
 * wants a class to compare with, and a number that it is given (src/io/connector.ts).
 */
const leavingOut = {
  name: 'leaving-out',
  setup({ onLoad, onResolve }) {
    onLoad({ filter: /undici.lib.dispatcher.client-h2\.js$/ }, () => ({ contents: '' }))
    onResolve({ filter: /^node:http$/ }, ({ path: name }) => ({
      path: name,
      namespace: 'left-out',
    }))
    onLoad({ filter: /./, namespace: 'left-out' }, () => ({ contents: '' }))
  },
}

/** Modules of Node that take 1 to 5 ms each to load, and that most runs do not need. */
const LATE = /^(?:node:)?(?:assert|child_process|crypto|dns|perf_hooks|readline|tls|tty|zlib)$/

/** Has those modules loaded when something of them is used. */
const loadingLate = {
  name: 'loading-late',
  setup({ onLoad, onResolve }) {
    onResolve({ filter: LATE }, ({ path: name }) => ({ path: name, namespace: 'late' }))
    onLoad({ filter: /./, namespace: 'late' }, ({ path: name }) => ({ contents: lateModule(name) }))
  },
}

/** A module that has all properties of the module `name`, and gets them when they are asked for. */
function lateModule(name) {
  const getters = Object.keys(process.getBuiltinModule(name))
    .map((key) => `get ${key}() { return load().${key} }`)
    .join(',\n')
  return `
    let loaded
    const load = () => (loaded ??= process.getBuiltinModule('${name}'))
    // assert is a function, which undici calls at every step.
    const called = (isTrue, message) => isTrue || load()(isTrue, message)
    module.exports = Object.defineProperties(called, Object.getOwnPropertyDescriptors({ ${getters} }))
  `
}

/** Bundles the command from the modules that were compiled to `folder`, and writes it there. */
export async function bundle(folder) {
  const file = path.join(folder, 'command.cjs')
  await build({
    absWorkingDir: folder,
    entryPoints: ['cli/main.js'],
    outfile: file,
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    legalComments: 'inline',
    plugins: [leavingOut, loadingLate],
    define: { 'import.meta.url': 'fileUrl', 'import.meta.dirname': '__dirname' },
    banner: { js: "const fileUrl = require('node:url').pathToFileURL(__filename).href;" },
  })
  writeFileSync(file, ascii(readFileSync(file, 'utf8')))
  writeCode(file)
}

/** With nothing of the environment that the command would heed: no proxy, no settings, no options of Node. */
function writeCode(file) {
  const script = fileURLToPath(new URL('write-code.js', import.meta.url))
  const folder = path.dirname(file)
  const { PATH, SystemRoot } = process.env
  const env = { PATH, HOME: folder, TMPDIR: tmpdir(), TEMP: tmpdir(), SystemRoot }
  try {
    execFileSync(process.execPath, [script, file], { cwd: folder, env, stdio: 'inherit' })
  } catch (error) {
    console.warn(
      `built without V8's code of the command, which will start more slowly: ${error.message}`,
    )
  }
}

/** esbuild leaves characters in comments and regular expressions as they are; ASCII is read faster, by 4 ms. */
function ascii(source) {
  return source.replace(
    /[^\0-\x7f]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
