/**
 * The folders of a run: made when they are needed, kept inside the run's own, and asked only once for
 * what was in them before.
 */
import { existsSync, lstatSync, mkdirSync, opendirSync, realpathSync, statSync } from 'node:fs'
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import { FileError } from '../errors.ts'
import { codeOf, fileError } from './file-error.ts'
import { partOf } from './part-file.ts'

/** Folders of a run, made when they are needed. */
export class Folders {
  readonly #base: string
  readonly #made = new Set<string>()
  /** Whether anything was in a folder when it was first asked about. */
  readonly #hadFiles = new Map<string, boolean>()

  constructor(base: string) {
    this.#base = resolve(base)
  }

  /**
   * What was at `path` before this run, links not followed. In a folder that was not there,
   * or empty, it is nothing, without a look: a tenth less time for a list into a new folder. FileError when it can't
   * be told, or as `makeFor`. Does not park.
   */
  whatIsAt(path: string): 'nothing' | 'folder' | 'file' {
    const folder = dirname(path)
    let hadFiles = this.#hadFiles.get(folder)
    if (hadFiles === undefined) {
      if (existsSync(folder)) this.makeFor(path)
      hadFiles = hasFiles(folder)
      this.#hadFiles.set(folder, hadFiles)
    }
    if (!hadFiles) return 'nothing'
    try {
      const stats = lstatSync(path, { throwIfNoEntry: false })
      if (stats === undefined) return 'nothing'
      return stats.isDirectory() ? 'folder' : 'file'
    } catch (error) {
      throw fileError(error, path)
    }
  }

  /** Whether an earlier run has left a part file of `path`: a look, but where nothing was. */
  hasPart(path: string): boolean {
    return this.#hadFiles.get(dirname(path)) !== false && existsSync(partOf(path))
  }

  /**
   * Makes the folder of `path`, a path in the run's folder. FileError when it can't be made, or when a
   * symbolic link on the way leads out of the run's folder. Does not park; once a folder.
   */
  makeFor(path: string): void {
    const folder = dirname(path)
    if (this.#made.has(folder)) return
    try {
      mkdirSync(this.#base, { recursive: true })
      this.#descend(resolve(folder))
    } catch (error) {
      throw fileError(error, folder)
    }
    this.#made.add(folder)
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

function hasFiles(folder: string): boolean {
  try {
    const opened = opendirSync(folder)
    try {
      return opened.readSync() !== null
    } finally {
      opened.closeSync()
    }
  } catch (error) {
    // What can't be listed may have something in it.
    return codeOf(error) !== 'ENOENT'
  }
}
