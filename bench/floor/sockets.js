// `sockets.js LIST AT_ONCE`: the least that Node can do. A socket for each of those at once, a parser that
// knows Content-Length and nothing else, each file written and renamed. Nothing is checked or tried again.
import { readFileSync } from 'node:fs'
import { connectTo } from './connect.js'
import { saveWhole } from './save.js'

const [list, atOnce] = process.argv.slice(2)
const urls = readFileSync(list, 'utf8').trim().split('\n')
const { host } = new URL(urls[0])

for (let i = 0; i < Number(atOnce); i++) {
  const buffer = Buffer.allocUnsafeSlow(64 * 1024)
  let name
  let missing
  let chunks = []
  const ask = () => {
    const url = urls.pop()
    if (url === undefined) return void socket.end()
    name = url.slice(url.lastIndexOf('/') + 1)
    missing = undefined
    chunks = []
    const path = url.slice(url.indexOf(host) + host.length)
    socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`, 'latin1')
  }
  const take = (data) => {
    let rest = data
    if (missing === undefined) {
      const end = rest.indexOf('\r\n\r\n')
      missing = Number(/content-length: (\d+)/i.exec(rest.latin1Slice(0, end))[1])
      rest = rest.subarray(end + 4)
    }
    missing -= rest.length
    chunks.push(missing > 0 ? Buffer.from(rest) : rest)
    if (missing > 0) return
    saveWhole(name, chunks)
    ask()
  }
  const onread = { buffer, callback: (bytes) => (take(buffer.subarray(0, bytes)), true) }
  const socket = connectTo(urls[0], onread, ask)
}
