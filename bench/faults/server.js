// A small HTTP server on loopback, on a free port, that answers as a fault wants it, and remembers what
// it was asked and how many bytes of bodies it sent. Its lies are in `answers.js`.
import http from 'node:http'

/**
 * Serves by `answer`, which gets `{ request, socket, earlier, server }` and writes to the socket;
 * `earlier` is how often the path was asked for before. Gives the server: `{ origin, requests, bodyBytes, close() }`.
 */
export async function serve(answer) {
  const asked = new Map()
  const listener = http.createServer({ keepAliveTimeout: 0 }, (request) => {
    const { url, headers, socket } = request
    const earlier = asked.get(url) ?? 0
    asked.set(url, earlier + 1)
    server.requests.push({ url, headers, atMs: performance.now() })
    const exchange = { request, socket, earlier, server }
    Promise.resolve(answer(exchange)).catch(() => socket.destroy())
  })
  listener.on('connection', (socket) => {
    socket.setNoDelay(true)
    socket.on('error', () => {})
  })
  await new Promise((resolve) => {
    listener.listen(0, '127.0.0.1', resolve)
  })
  const server = {
    origin: `http://127.0.0.1:${listener.address().port}`,
    requests: [],
    bodyBytes: 0,
    close() {
      listener.close()
      listener.closeAllConnections()
    },
  }
  return server
}

/** An origin where nobody listens. */
export async function refusedOrigin() {
  const server = await serve(() => {})
  server.close()
  return server.origin
}
