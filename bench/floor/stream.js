// `stream.js LIST AT_ONCE [save]`: the least that Node can do with long files. A socket for each of those at once, one
// slab for its reads, a parser that knows Content-Length and nothing else; what was read is thrown away, or with
// `save` written before the next read.
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs'
import { connectTo } from './connect.js'

const SLAB_BYTES = 256 * 1024

const [list, atOnce, mode] = process.argv.slice(2)
const urls = readFileSync(list, 'utf8').trim().split('\n')

function fetchNext() {
  const url = urls.pop()
  if (url === undefined) return
  const fd = mode === 'save' ? openSync(url.slice(url.lastIndexOf('/') + 1), 'w') : undefined
  const buffer = Buffer.allocUnsafeSlow(SLAB_BYTES)
  let missing
  const callback = (bytes) => {
    let data = buffer.subarray(0, bytes)
    if (missing === undefined) {
      const end = data.indexOf('\r\n\r\n')
      missing = Number(/content-length: (\d+)/i.exec(data.latin1Slice(0, end))[1])
      data = data.subarray(end + 4)
    }
    missing -= data.length
    if (fd !== undefined) writeSync(fd, data)
    if (missing > 0) return true
    if (fd !== undefined) closeSync(fd)
    socket.destroy()
    fetchNext()
    return false
  }
  const socket = connectTo(url, { buffer, callback }, () => {
    const { host, pathname } = new URL(url)
    socket.write(`GET ${pathname} HTTP/1.1\r\nHost: ${host}\r\n\r\n`, 'latin1')
  })
}

for (let i = 0; i < Number(atOnce); i++) fetchNext()
