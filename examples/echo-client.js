// Says words to an echo server, all at once, each on a connection of its own, and prints what comes back.
//
//     node examples/echo-client.js 7000 one two three
import process from 'node:process'
import { socket } from 'gdl/io'
import { joinall, run, spawn, withTimeout } from 'gdl/scheduler'

const [port, ...words] = process.argv.slice(2)

function* say(word) {
  const server = yield* socket.connect({ host: '127.0.0.1', port: Number(port) })
  try {
    yield* server.sendall(word)
    return yield* server.recvExactly(Buffer.byteLength(word))
  } finally {
    yield* server.close()
  }
}

await run(function* () {
  const talks = words.map((word) => spawn(() => withTimeout(5000, () => say(word))))
  yield* joinall(talks)
  for (const talk of talks) console.log(String(talk.value ?? talk.exception))
})
