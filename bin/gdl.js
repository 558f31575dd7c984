#!/usr/bin/env node
// The command: checks the Node version, answers a lone `--version` by itself, and leaves the rest to
// the built main. Scripts and shells ask for the version all day, so that answer loads nothing but
// package.json. No new syntax: a Node too old for gdl must still be able to parse this file, or it could
// not say so. CommonJS (package.json beside it says so): Node's loader of modules would take 5 ms.
const fs = require('node:fs')
const path = require('node:path')

const oldest = [20, 18, 1]
const running = process.versions.node.split('.').map(Number)
const differing = oldest.findIndex((part, index) => running[index] !== part)
const args = process.argv.slice(2)

function printVersion() {
  const manifest = fs.readFileSync(path.join(__dirname, '..', 'package.json'), 'utf8')
  try {
    // process.stdout would take a millisecond to be made.
    fs.writeSync(1, `${JSON.parse(manifest).version}\n`)
  } catch (error) {
    // A reader that has gone is no fault of ours.
    if (error.code !== 'EPIPE') process.exitCode = 3
  }
}

function runMain() {
  // Stays 1 when main never settles, so that a run that got lost is no success.
  process.exitCode = 1
  if (!fs.existsSync(path.join(__dirname, '..', 'dist', 'command.cjs'))) {
    process.stderr.write('gdl: not built yet; run "npm run build" first\n')
    return
  }
  const { main } = require('./load.cjs').loadCommand()
  void main(args).then((status) => {
    process.exitCode = status
  })
}

if (differing !== -1 && running[differing] < oldest[differing]) {
  process.stderr.write(`gdl: needs Node ${oldest.join('.')} or newer; this is ${process.version}\n`)
  process.exitCode = 2
} else {
  const asksVersion = args.length === 1 && (args[0] === '--version' || args[0] === '-V')
  if (asksVersion) printVersion()
  else runMain()
}
