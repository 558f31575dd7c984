// Loads the command, in a third less time than Node's own way takes before it has a compile cache (22.1): one small file
// takes 0.06 s instead of 0.11. The build has V8's code of the command written beside it (scripts/bundle.js). V8 refuses
// what another version of it wrote; then the command is compiled as ever.
const fs = require('node:fs')
const nodeModule = require('node:module')
const path = require('node:path')
const vm = require('node:vm')

const command = path.join(__dirname, '..', 'dist', 'command.cjs')

/** The name of the file that has the code of `file`. */
const codeFileOf = (file) => `${file}.code`

/** The script of `file`, which is ASCII, wrapped as Node wraps modules. */
function scriptOf(file, cachedData) {
  const source = fs.readFileSync(file, 'latin1')
  const wrapped = `(function (exports, require, module, __filename, __dirname) {${source}\n})`
  const importModuleDynamically = vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER
  // The code keeps the name that it was made with, and comes to other machines.
  const filename = path.basename(file)
  return new vm.Script(wrapped, { filename, cachedData, importModuleDynamically })
}

/** Runs the script of the module `file`, and gives its exports. */
function runScript(script, file) {
  const loaded = { exports: {} }
  const run = script.runInThisContext()
  run(loaded.exports, nodeModule.createRequire(file), loaded, file, path.dirname(file))
  return loaded.exports
}

/** The command's exports. Throws ENOENT when it is not built. */
function loadCommand() {
  if (nodeModule.enableCompileCache) {
    nodeModule.enableCompileCache()
    return require(command)
  }
  const codeFile = codeFileOf(command)
  const code = fs.existsSync(codeFile) ? fs.readFileSync(codeFile) : undefined
  return runScript(scriptOf(command, code), command)
}

module.exports = { codeFileOf, command, loadCommand, runScript, scriptOf }
