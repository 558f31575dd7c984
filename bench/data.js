// What is served, made once for all works that need it, and how what a contestant leaves is compared
// with it: every byte, and no file too many.
import { createCipheriv } from 'node:crypto'
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  readdirSync,
  statSync,
  statfsSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

const SLAB = 4 * 1024 * 1024

/** Memory if there is room for so much: a disk would be measured instead of the programs. */
export function roomyFolder(bytes = 6 * 2 ** 30) {
  try {
    const { bavail, bsize } = statfsSync('/dev/shm')
    if (bavail * bsize > bytes) return '/dev/shm'
  } catch {
    // Not Linux.
  }
  return tmpdir()
}

/** A key stream from `seed`: no two places are alike, and no compression helps. */
function noise(seed) {
  const cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16, seed), Buffer.alloc(16))
  return (length) => cipher.update(Buffer.alloc(length))
}

/** `count` files of `bytes` each below `served`, in the folder `name`. Gives their names. */
export function makeFiles({ served }, name, count, bytes) {
  const folder = path.join(served, name)
  const names = Array.from({ length: count }, (_, index) => `${index}.bin`)
  if (existsSync(folder)) return names
  mkdirSync(folder)
  const next = noise(name.length)
  for (const file of names) {
    const fd = openSync(path.join(folder, file), 'w')
    for (let at = 0; at < bytes; at += SLAB) writeSync(fd, next(Math.min(SLAB, bytes - at)))
    closeSync(fd)
  }
  return names
}

/** Writes the lists of a task: a URL a line, and the same as curl reads it. */
export function writeLists({ scratch }, name, urls) {
  const list = path.join(scratch, `${name}.txt`)
  const config = path.join(scratch, `${name}.curl`)
  writeFileSync(list, `${urls.join('\n')}\n`)
  writeFileSync(config, urls.map((url) => `url = "${url}"\nremote-name\n`).join(''))
  return { urls, list, config }
}

/** What is wrong with `folder`, which should be as `name` below `served`; undefined when nothing is. */
export function complaintAbout(folder, { served }, name, names) {
  const extra = readdirSync(folder).length - names.length
  if (extra > 0) return `${extra} files too many`
  for (const file of names) {
    const complaint = compare(path.join(served, name, file), path.join(folder, file))
    if (complaint !== undefined) return `${file} ${complaint}`
  }
  return undefined
}

function compare(original, file) {
  if (!existsSync(file)) return 'is missing'
  const { size } = statSync(original)
  if (statSync(file).size !== size) return 'has another length'
  if (size <= SLAB) {
    return readFileSync(original).equals(readFileSync(file)) ? undefined : 'differs'
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
  return differs ? 'differs' : undefined
}
