/**
 * netrc files, as ftp(1) began them and curl reads them: words between blanks.
 *
 *     machine HOST login NAME password PASSWORD account IGNORED
 *     default login NAME password PASSWORD
 *     macdef NAME            (all lines up to an empty one are the macro's)
 *     # a comment, to the end of the line
 *
 * A word may be quoted: "with blanks, \" \\ \n \r \t". The first entry of a host counts; `default` is for
 * hosts that no entry before or after it names. Pure.
 */

/** What a file has for a host. */
export interface Login {
  readonly login: string
  readonly password: string
}

interface Partial {
  login?: string
  password?: string
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' }

/**
 * The look-up of hosts in the file's text, with `default` for those that have no entry or without. An
 * entry that lacks a login or a password is no login.
 */
export function parseNetrc(
  text: string,
): (host: string, withDefault: boolean) => Login | undefined {
  const machines = new Map<string, Partial>()
  let fallback: Partial | undefined
  let entry: Partial = {}
  const words = wordsOf(text)
  for (let word = words.next(); word.done !== true; word = words.next()) {
    const value = (): string => words.next().value ?? ''
    switch (word.value) {
      case 'machine': {
        entry = {}
        const host = value().toLowerCase()
        if (!machines.has(host)) machines.set(host, entry)
        break
      }
      case 'default':
        entry = {}
        fallback ??= entry
        break
      case 'login':
        entry.login = value()
        break
      case 'password':
        entry.password = value()
        break
      case 'account':
        value()
        break
      default:
    }
  }
  return (host, withDefault) => {
    const { login, password } =
      machines.get(host.toLowerCase()) ?? (withDefault ? fallback : undefined) ?? {}
    return login === undefined || password === undefined ? undefined : { login, password }
  }
}

/** The words of a file, without comments and macros. */
function* wordsOf(text: string): Generator<string, undefined, undefined> {
  let inMacro = false
  for (const line of text.replace(/^\ufeff/, '').split(/\r?\n/)) {
    if (inMacro) {
      inMacro = line.trim() !== ''
      continue
    }
    for (const [word] of line.matchAll(/"(?:[^"\\]|\\.)*"|\S+/g)) {
      if (word.startsWith('#') && line.trimStart().startsWith('#')) break
      if (word === 'macdef') {
        inMacro = true
        break
      }
      yield word.startsWith('"') ? unquoted(word) : word
    }
  }
  return undefined
}

function unquoted(word: string): string {
  return word
    .replace(/^"|"$/g, '')
    .replace(/\\(.)/g, (_, character: string) => ESCAPES[character] ?? character)
}
