// The peer of the echo works, in a process of its own: sends back what it gets. Tells its port first.
import { createServer } from 'node:net'

const server = createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => {}).pipe(socket)
})
server.listen(0, '127.0.0.1', () => process.send(server.address().port))
