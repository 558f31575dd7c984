// Runs the tests of the whole command under another version of Node: `node scripts/test-under-node.js 24`.
// The `node` package of the npm registry brings the binary, into a temporary folder; the tests run on
// the Node that is here and start gdl with that one (GDL_TEST_NODE). More arguments go to Vitest.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const [version = '24', ...more] = process.argv.slice(2)
const folder = mkdtempSync(path.join(tmpdir(), 'gdl-node-'))

function run(command, args, options) {
  const result = spawnSync(command, args, { stdio: 'inherit', ...options })
  if (result.error !== undefined) throw result.error
  return result.status ?? 1
}

/** The binary, or undefined when it could not be had. */
function installNode() {
  // The platform's own package: `node` would fetch it by an install script, and those may be off.
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`
  writeFileSync(path.join(folder, 'package.json'), '{ "private": true }\n')
  const install = ['install', '--no-audit', '--no-fund', '--no-save', `${name}@${version}`]
  if (run('npm', install, { cwd: folder }) !== 0) return undefined
  const executable = process.platform === 'win32' ? 'node.exe' : 'node'
  const binary = path.join(folder, 'node_modules', name, 'bin', executable)
  return existsSync(binary) ? binary : undefined
}

try {
  const binary = installNode()
  if (binary === undefined) {
    process.stderr.write(`Node ${version} could not be installed from the registry\n`)
    process.exitCode = 1
  } else {
    run(binary, ['--version'])
    const vitest = path.join(root, 'node_modules', 'vitest', 'vitest.mjs')
    const tests = ['run', 'test/e2e', 'test/package.test.ts', ...more]
    process.exitCode = run(process.execPath, [vitest, ...tests], {
      cwd: root,
      env: { ...process.env, GDL_TEST_NODE: binary },
    })
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
