/**
 * The folders of a run: made when they are needed, kept inside the run's own, and asked only once for
 * what was in them before.
 *
 * A process that ends between the rename to NAME and the removal of its journal leaves the journal, and
 * later runs find NAME and do nothing more. So each folder is listed once for journals, and one beside a
 * whole file is looked at: a look beside each of a million files that are present would be dearer.
 */
import { existsSync, lstatSync, mkdirSync, opendirSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import { FileError } from '../errors.ts'
import { codeOf, fileError } from './file-error.ts'
import { Journal, journalOf } from './journal.ts'
import { partOf } from './part-file.ts'

/** What was in a folder when it was first asked about. */
interface Found {
  readonly hasFiles: boolean
  /** The names of its journals. */
  readonly journals: ReadonlySet<string>
}

const JOURNAL = journalOf('')

/** Folders of a run, made when they are needed. */
export class Folders {
  readonly #base: string
  readonly #made = new Set<string>()
  readonly #found = new Map<string, Found>()

  constructor(base: string) {
    this.#base = resolve(base)
  }

  /**
   * What was at `path` before this run, links not followed. In a folder that was not there,
   * or empty, it is nothing, without a look: a tenth less time for a list into a new folder. A journal that
   * a crash has left beside a whole file is taken away. FileError when it can't be told, or as `makeFor`.
   * Does not park; the first look into a folder lists it.
   */
  whatIsAt(path: string): 'nothing' | 'folder' | 'file' {
    const folder = dirname(path)
    let found = this.#found.get(folder)
    if (found === undefined) {
      if (existsSync(folder)) this.makeFor(path)
      found = list(folder)
      this.#found.set(folder, found)
    }
    if (!found.hasFiles) return 'nothing'
    try {
      const stats = lstatSync(path, { throwIfNoEntry: false })
      if (stats === undefined) return 'nothing'
      if (stats.isDirectory()) return 'folder'
    } catch (error) {
      throw fileError(error, path)
    }
    if (this.#hadJournal(path) && !existsSync(partOf(path))) Journal.removeDead(path)
    return 'file'
  }

  /** Whether an earlier run has left something of `path`, not whole: a look, but where nothing was. */
  hasLeft(path: string): boolean {
    if (this.#found.get(dirname(path))?.hasFiles === false) return false
    if (existsSync(partOf(path))) return true
    // Beside a whole file it remembers an ETag.
    return this.#hadJournal(path) && !existsSync(path)
  }

  /**
   * Makes the folder of `path`, a path in the run's folder. FileError when it can't be made, or when a
   * symbolic link on the way leads out of the run's folder. Does not park; once a folder.
   */
  makeFor(path: string): void {
    const folder = dirname(path)
    if (this.#made.has(folder)) return
    try {
      make(this.#base)
      this.#descend(resolve(folder))
    } catch (error) {
      throw fileError(error, folder)
    }
    this.#made.add(folder)
  }

  #hadJournal(path: string): boolean {
    return this.#found.get(dirname(path))?.journals.has(journalOf(basename(path))) === true
  }

  #descend(folder: string): void {
    const base = realpathSync(this.#base)
    let current = this.#base
    for (const segment of relative(this.#base, folder).split(sep)) {
      if (segment === '') continue
      current = join(current, segment)
      try {
        mkdirSync(current)
      } catch (error) {
        if (codeOf(error) !== 'EEXIST') throw error
        const inside = relative(base, realpathSync(current))
        if (inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside)) {
          throw new FileError('GDL_ERR_UNSAFE_PATH', `${current} is a link that leads elsewhere`)
        }
        if (!statSync(current).isDirectory()) throw error
      }
    }
  }
}

/**
 * Makes a folder, and those above it. Not Node's `recursive`: that takes a read-only file system for a
 * folder that is gone, and in one where nothing can be made, as in /proc, it never ends.
 */
function make(folder: string): void {
  try {
    mkdirSync(folder)
  } catch (error) {
    if (codeOf(error) === 'ENOENT' && dirname(folder) !== folder) {
      make(dirname(folder))
      mkdirSync(folder)
    } else if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) throw error
  }
}

function list(folder: string): Found {
  const journals = new Set<string>()
  let hasFiles = false
  try {
    const opened = opendirSync(folder, { bufferSize: 1024 })
    try {
      for (let entry = opened.readSync(); entry !== null; entry = opened.readSync()) {
        hasFiles = true
        if (entry.name.endsWith(JOURNAL)) journals.add(entry.name)
      }
    } finally {
      opened.closeSync()
    }
  } catch (error) {
    // What can't be listed may have something in it.
    hasFiles ||= codeOf(error) !== 'ENOENT'
  }
  return { hasFiles, journals }
}
