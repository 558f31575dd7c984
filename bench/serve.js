// Who serves the files of a benchmark: nginx, else caddy, else `file-server.js`, with a configuration and
// ports of its own, over http, over https, and over https that offers HTTP/2 as well. Also the relay that
// stands for a far line. All are started here and ended by their process id.
import { fork, spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { cleanEnvironment, isInstalled } from './measure.js'

const here = (file) => fileURLToPath(new URL(file, import.meta.url))
/** The tests' own: an elliptic curve's, for 127.0.0.1, its own authority. */
export const certificate = here('../test/support/certificates/localhost.cert.pem')
const key = here('../test/support/certificates/localhost.key.pem')

const starters = { nginx: startNginx, caddy: startCaddy, own: startOwn }
/** The servers that may be asked for, the one that is taken by itself first. */
export const serverNames = Object.keys(starters).filter(
  (name) => name === 'own' || isInstalled(name),
)

/**
 * Serves `folder` on loopback by the server `name`; scratch files go to `scratch`. Gives `{ name, origin,
 * secureOrigin, http2Origin, close() }`.
 */
export async function serveFolder(folder, scratch, name = serverNames[0]) {
  const ports = [await freePort(), await freePort(), await freePort()]
  const [program, ...args] = starters[name](folder, scratch, ports)
  const child = spawn(program, args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: cleanEnvironment(scratch),
  })
  let said = ''
  child.stderr.on('data', (chunk) => (said += chunk))
  const ended = new Promise((resolve) => child.once('close', resolve))
  const end = () => child.kill('SIGTERM')
  process.once('exit', end)
  for (let tries = 0; !(await allAnswer(ports)); tries++) {
    if (tries === 100 || child.exitCode !== null) throw new Error(`no server: ${said}`)
    await sleep(50)
  }
  const [origin, secureOrigin, http2Origin] = ports.map((port, at) => {
    return `${at === 0 ? 'http' : 'https'}://127.0.0.1:${port}`
  })
  return {
    name: name === 'own' ? 'file-server.js' : name,
    origin,
    secureOrigin,
    http2Origin,
    async close() {
      child.kill('SIGTERM')
      await ended
      process.off('exit', end)
    },
  }
}

/** A line to `origin`, as `relay.js` describes it. Gives `{ origin, close() }`. */
export async function relayTo(origin, options) {
  const told = JSON.stringify({ ...options, to: Number(new URL(origin).port) })
  const child = fork(here('relay.js'), [told], { env: cleanEnvironment() })
  const port = await new Promise((resolve, reject) => {
    child.once('message', resolve)
    child.once('exit', (code) => reject(new Error(`no relay: status ${code}`)))
  })
  return { origin: `http://127.0.0.1:${port}`, close: () => child.disconnect() }
}

function startNginx(folder, scratch, [port, tlsPort, http2Port]) {
  // As root its workers would change to a user that may not read the temporary folder.
  const user = process.getuid?.() === 0 ? 'user root;' : ''
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${path.join(scratch, name)};`)
    .join('\n  ')
  const file = path.join(scratch, 'nginx.conf')
  writeFileSync(
    file,
    `${user}
daemon off;
worker_processes 1;
pid ${path.join(scratch, 'nginx.pid')};
error_log stderr error;
events { worker_connections 4096; }
http {
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 1000000;
  ssl_certificate ${certificate};
  ssl_certificate_key ${key};
  ssl_protocols TLSv1.2 TLSv1.3;
  ${paths}
  server {
    listen 127.0.0.1:${port} backlog=1024;
    listen 127.0.0.1:${tlsPort} ssl backlog=1024;
    listen 127.0.0.1:${http2Port} ssl http2 backlog=1024;
    root ${folder};
  }
}
`,
  )
  return ['nginx', '-p', scratch, '-e', 'stderr', '-c', file]
}

function startCaddy(folder, scratch, [port, tlsPort, http2Port]) {
  const home = path.join(scratch, 'caddy')
  mkdirSync(home, { recursive: true })
  const file = path.join(home, 'Caddyfile')
  const site = (address, tls) => `${address} {
  bind 127.0.0.1
  ${tls}
  root * ${folder}
  file_server
}`
  const secure = `tls ${certificate} ${key}`
  writeFileSync(
    file,
    `{
  admin off
  auto_https off
  storage file_system ${home}
  grace_period 1s
  log {
    level ERROR
  }
  servers 127.0.0.1:${tlsPort} {
    protocols h1
  }
  servers 127.0.0.1:${http2Port} {
    protocols h1 h2
  }
}
${site(`http://127.0.0.1:${port}`, '')}
${site(`https://127.0.0.1:${tlsPort}`, secure)}
${site(`https://127.0.0.1:${http2Port}`, secure)}
`,
  )
  return ['caddy', 'run', '--adapter', 'caddyfile', '--config', file]
}

function startOwn(folder, _scratch, ports) {
  return [process.execPath, here('file-server.js'), folder, ...ports.map(String), certificate, key]
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = net.createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}

async function allAnswer(ports) {
  const answered = await Promise.all(ports.map(answers))
  return answered.every(Boolean)
}

function answers(port) {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}
