/**
 * undici has no `exports` map: the two parts that are used are imported by their files, which halves
 * what loading it costs (`import 'undici'` takes 80 to 130 ms, most of it for fetch, caches and mocks).
 */
declare module 'undici/lib/dispatcher/client.js' {
  export { Client as default } from 'undici'
}

declare module 'undici/lib/core/socks5-client.js' {
  import type { EventEmitter } from 'node:events'
  import type { Socket } from 'node:net'

  /** Emits `authenticated`, `connected` and `error`; its errors have codes. */
  export class Socks5Client extends EventEmitter {
    constructor(socket: Socket, options: { username: string; password: string })
    handshake(): void
    connect(address: string, port: number): void
  }
}
