// Who serves the files of a benchmark: nginx when it is installed, with a configuration and a port of
// its own, else `file-server.js`. Both are started here and ended by their process id.
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { isInstalled } from './measure.js'

/** Serves `folder` on loopback; scratch files go to `scratch`. Gives `{ name, origin, close() }`. */
export async function serveFolder(folder, scratch) {
  const port = await freePort()
  const withNginx = isInstalled('nginx')
  const child = withNginx ? startNginx(folder, scratch, port) : startOwn(folder, port)
  let said = ''
  child.stderr.on('data', (chunk) => (said += chunk))
  const ended = new Promise((resolve) => child.once('close', resolve))
  for (let tries = 0; !(await answers(port)); tries++) {
    if (tries === 100 || child.exitCode !== null) throw new Error(`no server: ${said}`)
    await sleep(50)
  }
  return {
    name: withNginx ? 'nginx' : 'file-server.js',
    origin: `http://127.0.0.1:${port}`,
    async close() {
      child.kill('SIGTERM')
      await ended
    },
  }
}

function startNginx(folder, scratch, port) {
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
  ${paths}
  server { listen 127.0.0.1:${port} backlog=1024; root ${folder}; }
}
`,
  )
  return spawn('nginx', ['-p', scratch, '-e', 'stderr', '-c', file], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
}

function startOwn(folder, port) {
  const script = fileURLToPath(new URL('file-server.js', import.meta.url))
  return spawn(process.execPath, [script, folder, String(port)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
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

function answers(port) {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}
