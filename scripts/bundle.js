// The command in one file, in place of its modules, and the code that V8 makes of it: a start reads two files instead of
// a hundred, and compiles nothing. CommonJS, for only a script can be given its code (bin/load.cjs).
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { build } from 'esbuild'

const { codeFileOf, scriptOf } = createRequire(import.meta.url)('../bin/load.cjs')

/**
 * undici's HTTP/2, which comes with its client and loads Node's, for 10 ms. What is connected to that client speaks
 * HTTP/1.1; HTTP/2 has connections of its own (src/io/http2-connection.ts).
 */
const withoutHttp2 = {
  name: 'without-http2',
  setup({ onLoad }) {
    onLoad({ filter: /undici.lib.dispatcher.client-h2\.js$/ }, () => ({ contents: '' }))
  },
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
    plugins: [withoutHttp2],
    define: { 'import.meta.url': 'fileUrl', 'import.meta.dirname': '__dirname' },
    banner: { js: "const fileUrl = require('node:url').pathToFileURL(__filename).href;" },
  })
  writeFileSync(file, ascii(readFileSync(file, 'utf8')))
  writeFileSync(codeFileOf(file), codeOf(file))
}

/** esbuild leaves characters in comments and regular expressions as they are; ASCII is read faster, by 4 ms. */
function ascii(source) {
  return source.replace(
    /[^\0-\x7f]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** V8's code of all functions of a file, not only of those that run at once. */
function codeOf(file) {
  setFlagsFromString('--no-lazy')
  const script = scriptOf(file)
  // Code is taken only with the flags that it was written with.
  setFlagsFromString('--lazy')
  return script.createCachedData()
}
