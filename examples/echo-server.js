// gevent's showpiece: a server in plain-looking code, a greenlet for each connection. Ctrl-C ends it.
//
//     node examples/echo-server.js 7000
import process from 'node:process'
import { socket } from 'gdl/io'
import { Interrupted, run, spawn } from 'gdl/scheduler'

function* echo(client) {
  try {
    for (let data = yield* client.recv(); data !== undefined; data = yield* client.recv())
      yield* client.sendall(data)
  } finally {
    yield* client.close()
  }
}

await run(function* () {
  const listener = yield* socket.listen({ port: Number(process.argv[2] ?? 0) })
  console.log(`listening on port ${listener.port}`)
  try {
    for (;;) spawn(echo, yield* listener.accept())
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error
  } finally {
    listener.close()
  }
})
