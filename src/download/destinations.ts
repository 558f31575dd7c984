/**
 * Where the files of a run go: a path for each entry, no two alike, and whether what is there already is
 * to be left alone. Names are taken in the order of the list, so that the same list always gives the same.
 */
import { dirname, join, posix, relative } from 'node:path'
import { FileError, UsageError } from '../errors.ts'
import type { Entry } from './entry.ts'
import type { Folders } from './folders.ts'
import { expandTemplate, nameFromUrl, Names, safeName, safePath } from './name.ts'
import type { SessionOptions } from './options.ts'

/** Gives each entry its path. */
export class Destinations {
  readonly #options: SessionOptions
  readonly #folders: Folders
  readonly #names = new Names()

  constructor(options: SessionOptions, folders: Folders) {
    this.#options = options
    this.#folders = folders
  }

  /**
   * The path of the entry that is the `index`th of the run, from 1; undefined is standard output. Its name
   * is taken from then on. Throws a UsageError at a template that can't be used. Does not park.
   */
  of(entry: Entry, index: number): string | undefined {
    const { output } = this.#options
    if (output === '-') {
      if (index === 1) return undefined
      throw new UsageError('GDL_ERR_USAGE', 'only one download can go to standard output (-o -)')
    }
    const name = nameOf(entry, index, output)
    const wanted = entry.dir === undefined ? name : posix.join(safePath(entry.dir), name)
    return this.#free(wanted)
  }

  /** The path of what was to be at `before`, and is called `name` by its server; undefined as `isTaken`. */
  renamed(name: string, before: string): string | undefined {
    const { dir } = this.#options
    const path = this.#free(join(relative(dir, dirname(before)), safeName(name)))
    return this.isTaken(path) ? undefined : path
  }

  /**
   * Whether a file is at `path` that is to be left alone. FileError where one is not to be there, or a
   * folder is. Does not park.
   */
  isTaken(path: string): boolean {
    const { ifExists } = this.#options
    const found = this.#folders.whatIsAt(path)
    if (found === 'nothing') return false
    if (found === 'folder') {
      throw new FileError('GDL_ERR_IS_DIRECTORY', `${path}: a folder of that name is in the way`)
    }
    if (ifExists === 'fail') {
      throw new FileError('GDL_ERR_FILE_EXISTS', `${path}: it is there already (--if-exists fail)`)
    }
    return ifExists === 'skip'
  }

  /** The path of a name, or of the next one that is to be had. The name is taken from then on. */
  #free(wanted: string): string {
    const { dir, ifExists } = this.#options
    for (;;) {
      const path = join(dir, this.#names.claim(wanted))
      if (ifExists !== 'rename' || this.#folders.whatIsAt(path) === 'nothing') return path
    }
  }
}

function nameOf(entry: Entry, index: number, output: string | undefined): string {
  const [href] = entry.urls
  const out = entry.out === undefined ? '' : safePath(entry.out)
  if (out !== '') return out
  const name = nameFromUrl(href)
  return output === undefined ? name : expandTemplate(output, { href, name, index })
}
