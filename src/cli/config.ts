/**
 * Settings from files and variables.
 *
 * The user's config.toml, then the folder's ./.gdlrc.toml over it, or the one file of `--config` in place
 * of both; then the `GDL_` variables over them. A key is a long option's name. An unknown key is an
 * error, for a setting that is mistyped is one that isn't obeyed. An unknown variable is not: other
 * programs have that prefix too (GNU Data Language), and so have the variables that hooks are given.
 *
 * A folder's file may be a stranger's, of an archive or a shared folder. So it is read only when it
 * belongs to the user or to root, as git does it, and neither runs programs, nor has any certificate
 * taken, nor reads secrets from files.
 */
import { existsSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'
import { UsageError } from '../errors.ts'
import { fromHome, readText } from './argument-file.ts'
import { flagsOf, isNegative, KEYS, pathOf } from './flags.ts'
import { nearest } from './nearest.ts'
import type { Row } from './options.ts'
import type { Setting } from './settings.ts'
import { parseToml, type Statement } from './toml.ts'

type Environment = Readonly<Record<string, string | undefined>>

const FOLDER_FILE = './.gdlrc.toml'

/**
 * The settings below the command line's, the weakest first. `config` is the path of `--config`; else
 * GDL_CONFIG is looked at. Throws a UsageError that names file and line, or the variable.
 */
export async function readSettings(
  config: string | undefined,
  env: Environment,
): Promise<Setting[]> {
  const named = config ?? (env['GDL_CONFIG'] || undefined)
  const files =
    named === undefined ? [userFile(env), FOLDER_FILE].filter((file) => existsSync(file)) : [named]
  const settings: Setting[] = []
  for (const file of files) {
    if (file === FOLDER_FILE) checkOwner(file)
    const statements = await parseToml(file, readText(file))
    settings.push(...statements.map((statement) => settingOf(file, statement)))
  }
  return [...settings, ...fromVariables(env)]
}

/** The variable for a key: `GDL_PER_HOST` for `per-host`. */
function variableOf(key: string): string {
  return `GDL_${key.toUpperCase().replaceAll('-', '_')}`
}

/** Where the XDG base directory specification has it; a folder that isn't absolute is to be ignored. */
function userFile(env: Environment): string {
  const given = env['XDG_CONFIG_HOME'] ?? ''
  const folder = path.isAbsolute(given) ? given : path.join(homedir(), '.config')
  return path.join(folder, 'gdl', 'config.toml')
}

function checkOwner(file: string): void {
  const user = process.getuid?.()
  const owner = statSync(file).uid
  if (user === undefined || owner === user || owner === 0) return
  throw unusable(file, 'it belongs to another user: --config reads it all the same, or another')
}

function settingOf(file: string, { key, value, line }: Statement): Setting {
  const origin = `${file}:${line}`
  const row = KEYS.get(key)
  if (row === undefined) {
    const near = nearest(key, KEYS.keys())
    const hint = near === undefined ? 'gdl --help lists them' : `did you mean ${near}?`
    throw unusable(origin, `no setting is called "${key.slice(0, 40)}": ${hint}`)
  }
  const label = `${origin}: ${key}`
  if (file === FOLDER_FILE && isRisky(row, value)) {
    throw unusable(label, `not in ${FOLDER_FILE}, which may be a stranger's: set it in config.toml`)
  }
  return { row, given: givenIn(row, key, value, label), origin, label }
}

function isRisky({ isRisky, isSecret }: Row, value: unknown): boolean {
  if (isRisky === true) return true
  return isSecret === true && [value].flat().some((text) => String(text).startsWith('@'))
}

function givenIn(row: Row, key: string, value: unknown, label: string): Setting['given'] {
  const placeholder = flagsOf(row).value
  if (placeholder === undefined) {
    if (typeof value !== 'boolean') throw unusable(label, 'it takes true or false')
    return value !== isNegative(`--${key}`)
  }
  const values: unknown[] = row.mayRepeat === true && Array.isArray(value) ? value : [value]
  return values.map((value) => {
    if (typeof value === 'number') return String(value)
    if (typeof value === 'string') return pathOf(row) === undefined ? value : fromHome(value)
    const several = row.mayRepeat === true ? ', or an array of them' : ''
    throw unusable(label, `it takes ${placeholder} as a text or a number${several}`)
  })
}

function fromVariables(env: Environment): Setting[] {
  return [...KEYS].flatMap(([key, row]): Setting[] => {
    const name = variableOf(key)
    const text = env[name] ?? ''
    if (text === '') return []
    return [{ row, given: givenByVariable(row, key, text, name), origin: name, label: name }]
  })
}

function givenByVariable(row: Row, key: string, text: string, name: string): Setting['given'] {
  if (flagsOf(row).value !== undefined) {
    return row.mayRepeat === true ? text.split('\n').filter((line) => line !== '') : [text]
  }
  if (!/^(?:1|true|0|false)$/.test(text)) throw unusable(name, 'it takes 1, true, 0 or false')
  return /^(?:1|true)$/.test(text) !== isNegative(`--${key}`)
}

function unusable(place: string, message: string): UsageError {
  return new UsageError('GDL_ERR_USAGE', `${place}: ${message}`)
}
