// What is measured. A work makes its files once, then gives for each contestant the command that does
// it; `run.js` runs them in turn. Every contestant gets an empty folder, and what it leaves there is
// compared byte by byte. Contestants run with the settings that their users would choose for the
// work, and without their own retries and progress.
import { createCipheriv } from 'node:crypto'
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const gdl = [process.execPath, fileURLToPath(new URL('../bin/gdl.js', import.meta.url))]
const QUIET = ['--progress', 'none', '--quiet']
const SMALL_FILES = 10_000
const SMALL_BYTES = 10 * 1024
const LARGE_BYTES = 2 ** 30
const LISTED = 100_000
const SLAB = 4 * 1024 * 1024

/** A key stream from `seed`: no two places are alike, and no compression helps. */
function noise(seed) {
  return createCipheriv('aes-128-ctr', Buffer.alloc(16, seed), Buffer.alloc(16))
}

/** 10,000 files of 10 KiB, 50 at once: what a request costs. */
const small = {
  title: '10,000 files of 10 KiB, 50 at once',
  prepare({ served, scratch, origin }) {
    const stream = noise(1)
    const names = Array.from({ length: SMALL_FILES }, (_, index) => `${index}.bin`)
    mkdirSync(path.join(served, 'small'), { recursive: true })
    for (const name of names) {
      writeFileSync(path.join(served, 'small', name), stream.update(Buffer.alloc(SMALL_BYTES)))
    }
    const urls = names.map((name) => `${origin}/small/${name}`)
    writeFileSync(path.join(scratch, 'small.txt'), `${urls.join('\n')}\n`)
    const config = urls.map((url) => `url = "${url}"\nremote-name`)
    writeFileSync(path.join(scratch, 'small.curl'), `${config.join('\n')}\n`)
  },
  contestants({ scratch }) {
    const list = path.join(scratch, 'small.txt')
    const curl = ['curl', '-sS', '-Z', '--parallel-max', '50', '--config']
    const aria2c = ['aria2c', '-q', '-j50', '--file-allocation=none', '--no-conf', '-i', list]
    return {
      gdl: [...gdl, ...QUIET, '-j', '50', '--per-host', '50', list],
      curl: [...curl, path.join(scratch, 'small.curl')],
      aria2c,
      wget2: ['wget2', '-q', '--no-config', '--max-threads=50', '-i', list],
      wget: ['wget', '-q', '--no-config', '-i', list],
    }
  },
  check({ served }, folder) {
    for (let index = 0; index < SMALL_FILES; index++) {
      const complaint = compare(
        path.join(served, 'small', `${index}.bin`),
        path.join(folder, `${index}.bin`),
      )
      if (complaint !== undefined) return complaint
    }
    return undefined
  },
}

/** One file of 1 GiB: what a byte costs. */
const large = {
  title: 'one file of 1 GiB',
  prepare({ served }) {
    const stream = noise(2)
    const fd = openSync(path.join(served, 'large.bin'), 'w')
    for (let at = 0; at < LARGE_BYTES; at += SLAB) writeSync(fd, stream.update(Buffer.alloc(SLAB)))
    closeSync(fd)
  },
  contestants({ origin }) {
    const url = `${origin}/large.bin`
    return {
      gdl: [...gdl, ...QUIET, url],
      curl: ['curl', '-sS', '-O', url],
      aria2c: ['aria2c', '-q', '--no-conf', '--file-allocation=none', url],
      'aria2c -x4': ['aria2c', '-q', '--no-conf', '--file-allocation=none', '-x4', '-s4', url],
      wget2: ['wget2', '-q', '--no-config', url],
      wget: ['wget', '-q', '--no-config', url],
    }
  },
  check({ served }, folder) {
    return compare(path.join(served, 'large.bin'), path.join(folder, 'large.bin'))
  },
}

/** 100,000 URLs of tiny files, none of them there: what an entry costs that waits, above all in memory. */
const list = {
  title: 'a list of 100,000 URLs of tiny files',
  rounds: 1,
  prepare({ served, scratch, origin }) {
    mkdirSync(path.join(served, 'list'), { recursive: true })
    const urls = Array.from({ length: LISTED }, (_, index) => `${origin}/list/entry-${index}.txt`)
    for (let index = 0; index < LISTED; index++) {
      writeFileSync(path.join(served, 'list', `entry-${index}.txt`), `tiny ${index}\n`)
    }
    writeFileSync(path.join(scratch, 'list.txt'), `${urls.join('\n')}\n`)
  },
  contestants({ scratch }) {
    const file = path.join(scratch, 'list.txt')
    return {
      gdl: [...gdl, ...QUIET, file],
      aria2c: ['aria2c', '-q', '-j32', '--file-allocation=none', '--no-conf', '-i', file],
      wget2: ['wget2', '-q', '--no-config', '--max-threads=32', '-i', file],
    }
  },
  check({ served }, folder) {
    for (let index = 0; index < LISTED; index += 100) {
      const name = `entry-${index}.txt`
      const complaint = compare(path.join(served, 'list', name), path.join(folder, name))
      if (complaint !== undefined) return complaint
    }
    return undefined
  },
}

/** How long the command takes to be there at all. */
const start = {
  title: 'start-up: the version, the help, and Node doing nothing',
  rounds: 20,
  prepare() {},
  contestants() {
    return {
      'node -e 0': [process.execPath, '-e', '0'],
      'gdl --version': [...gdl, '--version'],
      'gdl --help': [...gdl, '--help'],
    }
  },
  check() {
    return undefined
  },
}

/** By the names that the command line takes, in the order in which they run. */
export const works = { small, large, list, start }

/** What is wrong with `file`, which should be as `original`; undefined when nothing is. */
function compare(original, file) {
  if (!existsSync(file)) return `${path.basename(file)} is missing`
  const { size } = statSync(original)
  if (statSync(file).size !== size) return `${path.basename(file)} has another length`
  if (size <= SLAB) {
    return readFileSync(original).equals(readFileSync(file))
      ? undefined
      : `${path.basename(file)} differs`
  }
  const [left, right] = [openSync(original, 'r'), openSync(file, 'r')]
  const [a, b] = [Buffer.alloc(SLAB), Buffer.alloc(SLAB)]
  let differs = false
  for (let at = 0; at < size && !differs; at += SLAB) {
    const length = readSync(left, a, 0, SLAB, at)
    readSync(right, b, 0, SLAB, at)
    differs = !a.subarray(0, length).equals(b.subarray(0, length))
  }
  closeSync(left)
  closeSync(right)
  return differs ? `${path.basename(file)} differs` : undefined
}
