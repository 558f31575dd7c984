// A terminal to take pictures of: a pane of tmux, which shows what a real one would.
import { execFileSync } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'

/** A pane in which a shell command runs. */
export class Pane {
  #socket = `gdl-pictures-${process.pid}`

  constructor({ columns, rows, cwd, command }) {
    // A shell that stays: the last screen is to be seen, too.
    const shell = `env LC_ALL=C.UTF-8 CI= NO_COLOR= sh -c '${command}; sleep 60'`
    const size = ['-x', String(columns), '-y', String(rows)]
    this.#tmux('new-session', '-d', ...size, '-c', cwd, shell)
  }

  /** What is on it; with SGR codes where `colour` is set. */
  capture({ colour = false } = {}) {
    return this.#tmux('capture-pane', '-p', ...(colour ? ['-e'] : [])).trimEnd()
  }

  press(key) {
    this.#tmux('send-keys', key)
  }

  resize(columns, rows) {
    this.#tmux('resize-window', '-x', String(columns), '-y', String(rows))
  }

  /** Waits until `test` says that its text is right; at most 60 seconds. */
  async until(test) {
    const deadline = performance.now() + 60_000
    while (!test(this.capture())) {
      if (performance.now() > deadline) throw new Error(`in vain: ${test}\n${this.capture()}`)
      await sleep(50)
    }
  }

  close() {
    this.#tmux('kill-server')
  }

  #tmux(...args) {
    return execFileSync('tmux', ['-L', this.#socket, '-f', '/dev/null', ...args], {
      encoding: 'utf8',
    })
  }
}
