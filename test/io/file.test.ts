import { execFileSync } from 'node:child_process'
import {
  constants,
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs'
import { Socket } from 'node:net'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chunksAfter, File, file } from '../../src/io/file.ts'
import {
  Event,
  LoopExit,
  joinall,
  type Operation,
  run,
  sleep,
  spawn,
} from '../../src/scheduler/index.ts'
import { thrownBy } from '../scheduler/helpers.ts'
import { bytes } from '../support/bytes.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const NEW = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC

function go<T>(main: () => Operation<T>): Promise<T> {
  return run(main, { signals: false })
}

/** A pipe with a name: what is written to it stays in the thread pool until somebody reads. */
function fullPipe(): { write: File; drain: () => Promise<Buffer> } {
  const path = join(temporaryFolder(), 'pipe')
  execFileSync('mkfifo', [path])
  const readEnd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  const write = new File(openSync(path, constants.O_WRONLY), 'stream')
  const drain = async (): Promise<Buffer> => {
    const parts: Buffer[] = []
    for await (const part of new Socket({ fd: readEnd, readable: true })) parts.push(part as Buffer)
    return Buffer.concat(parts)
  }
  return { write, drain }
}

describe('File.read', () => {
  it('gives the content piece by piece, and undefined at the end', async () => {
    const path = join(temporaryFolder(), 'file')
    await go(function* () {
      const made = yield* file.open(path, 'w')
      yield* made.write([Buffer.from('abcdefgh')])
      yield* made.close()
      const opened = yield* file.open(path)
      expect(String(yield* opened.read(5))).toBe('abcde')
      const killed = spawn(() => opened.read(5))
      yield* sleep(0)
      yield* killed.kill()
      expect(String(yield* opened.read(5))).toBe('fgh')
      expect(yield* opened.read(5)).toBeUndefined()
      yield* opened.close()
    })
  })

  it('reads a stream as it comes; close waits for a read that was killed', async () => {
    await go(function* () {
      const path = join(temporaryFolder(), 'pipe')
      execFileSync('mkfifo', [path])
      const stream = new File(openSync(path, constants.O_RDWR), 'stream')
      yield* stream.write([Buffer.from('abc')])
      expect(String(yield* stream.read(10))).toBe('abc')
      const killed = spawn(() => stream.read(10))
      yield* sleep(0)
      yield* killed.kill()
      const closing = spawn(() => stream.close())
      yield* sleep(0)
      expect(closing.ready).toBe(false)
      writeFileSync(path, 'x')
      yield* closing.get()
    })
  })

  it('throws what Node says', async () => {
    await go(function* () {
      const folder = yield* file.open(temporaryFolder())
      expect(yield* thrownBy(folder.read(1))).toMatchObject({ code: 'EISDIR' })
      yield* folder.close()
    })
  })
})

describe('chunksAfter', () => {
  it('is what a naive model says, and copies nothing', () => {
    const chunks = fc.array(fc.uint8Array({ maxLength: 12 }), { maxLength: 8 })
    fc.assert(
      fc.property(chunks, fc.nat(), (arrays, n) => {
        const given = arrays.map((array) => Buffer.from(array))
        const whole = Buffer.concat(given)
        const written = n % (whole.length + 1)
        const rest = chunksAfter(given, written)
        expect(Buffer.concat(rest).equals(whole.subarray(written))).toBe(true)
        expect(rest.every(({ length }) => length > 0)).toBe(true)
        for (const part of rest) {
          expect(given.some(({ buffer }) => buffer === part.buffer)).toBe(true)
        }
      }),
    )
  })
})

describe('a File', () => {
  it('is written from its beginning to its end', async () => {
    const path = join(temporaryFolder(), 'a')
    const content = bytes(1_000_000)
    await go(function* () {
      const opened = yield* file.open(path, NEW)
      yield* opened.write([content.subarray(0, 10), content.subarray(10, 500_000)])
      yield* opened.write([])
      yield* opened.write([Buffer.alloc(0)])
      yield* opened.write([content.subarray(500_000)])
      yield* opened.sync()
      yield* opened.close()
    })
    expect(readFileSync(path).equals(content)).toBe(true)
  })

  it('takes more chunks at once than one call of the system does', async () => {
    const path = join(temporaryFolder(), 'a')
    const content = bytes(50_000)
    const chunks = Array.from({ length: 5000 }, (_none, at) =>
      content.subarray(at * 10, at * 10 + 10),
    )
    await go(function* () {
      const opened = yield* file.open(path, NEW)
      yield* opened.write(chunks)
      yield* opened.close()
    })
    expect(readFileSync(path).equals(content)).toBe(true)
  })

  it('says when the memory of a write is free: before the write comes back, once, after an error too', async () => {
    const path = join(temporaryFolder(), 'a')
    await go(function* () {
      let free = 0
      const opened = yield* file.open(path, NEW)
      yield* opened.write([bytes(10)], () => free++)
      expect(free).toBe(1)
      yield* opened.close()
      const readOnly = yield* file.open(path, constants.O_RDONLY)
      const error = yield* thrownBy(readOnly.write([bytes(10)], () => free++))
      expect(error).toMatchObject({ code: 'EBADF' })
      expect(free).toBe(2)
      yield* readOnly.close()
    })
  })

  it('gives Node’s own errors', async () => {
    const folder = temporaryFolder()
    await go(function* () {
      const nothing = join(folder, 'no', 'a')
      expect(yield* thrownBy(file.open(nothing, NEW))).toMatchObject({ code: 'ENOENT' })
      expect(yield* thrownBy(file.open(folder, NEW))).toMatchObject({ code: 'EISDIR' })
      expect(yield* thrownBy(file.rename(nothing, folder))).toMatchObject({ code: 'ENOENT' })
      expect(yield* thrownBy(file.remove(nothing))).toMatchObject({ code: 'ENOENT' })
      expect(yield* thrownBy(file.readFile(folder))).toMatchObject({ code: 'EISDIR' })
      expect(yield* thrownBy(file.writeFile(folder, ''))).toMatchObject({ code: 'EISDIR' })
    })
  })

  it.skipIf(process.platform === 'win32')(
    'that is killed while it writes comes back at once; its close waits for the write',
    async () => {
      const { write, drain } = fullPipe()
      const content = bytes(1_000_000)
      await go(function* () {
        const log: string[] = []
        const writing = spawn(() => write.write([content], () => log.push('free')))
        yield* sleep(0)
        yield* writing.kill()
        log.push('killed')
        const closing = spawn(function* () {
          yield* write.close()
          log.push('closed')
        })
        for (let round = 0; round < 10; round++) yield* sleep(0)
        expect(log).toEqual(['killed'])
        const drained = drain()
        yield* closing.join()
        expect(log).toEqual(['killed', 'free', 'closed'])
        let received: Buffer | undefined
        void drained.then((all) => (received = all))
        while (received === undefined) yield* sleep(1)
        expect(received.equals(content)).toBe(true)
      })
    },
  )

  it.skipIf(process.platform === 'win32')(
    'whose write is in flight holds the loop while it closes, and not when nobody waits',
    async () => {
      const { write, drain } = fullPipe()
      let drained: Promise<Buffer> | undefined
      const outcome = go(function* () {
        const writing = spawn(() => write.write([bytes(1_000_000)]))
        yield* sleep(0)
        yield* writing.kill()
        yield* new Event().wait()
      })
      await expect(outcome).rejects.toThrow(LoopExit)
      await go(function* () {
        const closing = spawn(() => write.close())
        yield* sleep(0)
        drained = drain()
        // No timer, nothing else: what is in flight holds the loop by itself.
        yield* closing.join()
      })
      expect((await drained)?.length).toBe(1_000_000)
    },
  )
})

describe('file.open', () => {
  it('closes what it opened for one that was killed meanwhile', async () => {
    const folder = temporaryFolder()
    const openFds = (): number => readdirSync('/proc/self/fd').length
    const countable = existsSync('/proc/self/fd')
    await go(function* () {
      // The pool's first use opens descriptors of its own.
      yield* (yield* file.open(join(folder, 'first'), NEW)).close()
      const before = countable ? openFds() : 0
      const opening = Array.from({ length: 20 }, (_none, at) =>
        spawn(function* () {
          const opened = yield* file.open(join(folder, String(at)), NEW)
          yield* opened.close()
        }),
      )
      yield* sleep(0)
      for (const one of opening) one.killSoon()
      yield* joinall(opening)
      // The pool is first come first served, but has four threads: ask until they are all through.
      while (countable && openFds() !== before) yield* file.readFile(join(folder, 'first'))
    })
  })

  it('closes what had just been opened for one that is killed in that very moment', async () => {
    const path = join(temporaryFolder(), 'a')
    writeFileSync(path, '')
    await go(function* () {
      // The first of each turn kills those behind it, whose files are open by then.
      const opening: ReturnType<typeof spawn>[] = []
      for (let at = 0; at < 40; at++) {
        opening.push(
          spawn(function* () {
            const opened = yield* file.open(path, constants.O_RDONLY)
            for (const other of opening) other.killSoon()
            yield* opened.close()
          }),
        )
      }
      yield* joinall(opening)
      const left = (): boolean =>
        readdirSync('/proc/self/fd').some((fd) => {
          try {
            return fstatSync(Number(fd)).ino === fstatSync(openFd).ino && Number(fd) !== openFd
          } catch {
            return false
          }
        })
      const openFd = openSync(path, constants.O_RDONLY)
      try {
        while (existsSync('/proc/self/fd') && left()) yield* file.readFile(path)
      } finally {
        closeSync(openFd)
      }
    })
  })
})

describe('file', () => {
  it('reads, writes, renames, removes, and makes folders', async () => {
    const folder = temporaryFolder()
    const at = (...names: string[]): string => join(folder, ...names)
    await go(function* () {
      yield* file.makeFolder(at('a', 'b'))
      yield* file.makeFolder(at('a', 'b'))
      yield* file.writeFile(at('a', 'b', 'c'), 'old')
      yield* file.writeFile(at('a', 'b', 'd'), 'new')
      yield* file.rename(at('a', 'b', 'd'), at('a', 'b', 'c'))
      expect(String(yield* file.readFile(at('a', 'b', 'c')))).toBe('new')
      yield* file.remove(at('a', 'b', 'c'))
    })
    expect(readdirSync(at('a', 'b'))).toEqual([])
  })

  it('says when a folder cannot be made', async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'a'), '')
    mkdirSync(join(folder, 'b'))
    await go(function* () {
      const error = yield* thrownBy(file.makeFolder(join(folder, 'a', 'b')))
      expect(error).toMatchObject({ code: 'ENOTDIR' })
    })
  })
})
