// One contestant against one fault: a folder of its own, servers of its own, and the runs of its command.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { runCommand } from './contestants.js'
import { serve } from './server.js'

const LIMIT_MS = 40_000
const NAME = 'a.bin'

/** What a fault has to work with; `close` it. */
export class Bout {
  /** Where the contestant runs; one level above it is empty but for the list. */
  folder
  #contestant
  #home
  #servers = []

  constructor(contestant, scratch) {
    this.#contestant = contestant
    this.#home = mkdtempSync(path.join(scratch, `${contestant.name}-`))
    this.folder = path.join(this.#home, 'in', 'here')
    mkdirSync(this.folder, { recursive: true })
  }

  /** Starts a server; gives it with the URL of its `a.bin`. */
  async serve(answer) {
    const server = await serve(answer)
    this.#servers.push(server)
    return { server, url: `${server.origin}/${NAME}` }
  }

  /** Where a file of the folder is. */
  at(name = NAME) {
    return path.join(this.folder, name)
  }

  /** The bytes of a file, or undefined. */
  read(name) {
    return existsSync(this.at(name)) ? readFileSync(this.at(name)) : undefined
  }

  /**
   * Runs the contestant's command for `urls`. `until` kills it. Gives its exit status, or `late` or
   * `killed`; undefined when it can't be told to do this.
   */
  async get(urls, { until, sums, ...task } = {}) {
    const list = path.join(this.#home, 'list.txt')
    writeFileSync(list, `${urls.join('\n')}\n`)
    const command = this.#contestant.commandFor({ urls, list, ...task, ...this.#sums(sums) })
    if (command === undefined) return undefined
    const options = { folder: this.folder, home: this.#home, limitMs: LIMIT_MS, until }
    return runCommand(command, options)
  }

  /** A checksum file that wants `content`, as each contestant is told of one. */
  #sums(content) {
    if (content === undefined) return {}
    const sha256 = createHash('sha256').update(content).digest('hex')
    const checksums = path.join(this.#home, 'SHA256SUMS')
    writeFileSync(checksums, `${sha256}  ${NAME}\n`)
    return { sha256, checksums }
  }

  close() {
    for (const server of this.#servers) server.close()
    rmSync(this.#home, { recursive: true, force: true, maxRetries: 5 })
  }
}
