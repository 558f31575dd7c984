// A socket to where a URL leads, TLS where it says so, that is read into a buffer of the caller's.
import net from 'node:net'
import tls from 'node:tls'

export function connectTo(url, onread, connected) {
  const { protocol, hostname: host, port } = new URL(url)
  const options = { host, port: Number(port), noDelay: true, onread, rejectUnauthorized: false }
  return protocol === 'https:' ? tls.connect(options, connected) : net.connect(options, connected)
}
