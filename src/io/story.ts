/**
 * The story of one request, for those who look closely (`--verbose`): the addresses, the connection, TLS,
 * what was sent and answered, and how long each took.
 *
 * Made for a single request, and only when somebody wants to hear it; nothing here decides anything. Of
 * the fields of a request those that can hold secrets are named without their values, and those of an
 * answer are told only where they bear on a download. What it tells is as the server wrote it: whoever
 * shows it makes it harmless.
 */
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { redact } from '../errors.ts'
import type { Field, ResponseFields } from './fields.ts'

/** Fields of a request that are told; what else there is, is named. */
const TOLD_SENT =
  /^(?:range|if-range|if-none-match|if-modified-since|accept-encoding|user-agent|referer)$/i
/** Those that every request has. */
const USUAL = /^(?:accept|host|connection)$/i

/** Fields of an answer that bear on a download. */
const TOLD_ANSWERED = [
  'location',
  'retry-after',
  'content-length',
  'content-range',
  'transfer-encoding',
  'content-encoding',
  'content-type',
  'content-disposition',
  'accept-ranges',
  'etag',
  'last-modified',
  'repr-digest',
  'content-digest',
  'digest',
  'content-md5',
  'www-authenticate',
  'proxy-authenticate',
] as const

/** The moments that curl's `-w` knows; each is reached once, or not at all. */
type Moment = 'lookup' | 'connect' | 'TLS' | 'first byte'

/** Tells one request's story, a line at a time. */
export class Story {
  readonly #tell: (line: string) => void
  readonly #beganMs = performance.now()
  readonly #moments = new Map<Moment, number>()

  constructor(tell: (line: string) => void) {
    this.#tell = tell
  }

  /** `socket` is on its way to `hostname`, or below TLS that is on its way there. */
  dials(socket: Socket, hostname: string): void {
    const addresses: string[] = []
    socket.on('lookup', (error: Error | null, address: string | undefined) => {
      if (error === null && address !== undefined) addresses.push(address)
    })
    socket.on('connectionAttempt', () => {
      // None for a host that is an address, nor for the next of several.
      if (addresses.length === 0) return
      this.#reach('lookup')
      this.#tell(`resolved ${hostname}: ${addresses.splice(0).join(', ')}`)
    })
    socket.on('connectionAttemptFailed', (address: string, port: number, _family, error: Error) => {
      this.#tell(`no connection to ${peerOf(address, port)}: ${codeOf(error)}`)
    })
    socket.once('connect', () => {
      this.#reach('connect')
      this.#tell(`connected to ${peerOf(socket.remoteAddress ?? hostname, socket.remotePort)}`)
    })
    socket.once('secureConnect', () => {
      this.#reach('TLS')
      for (const line of tlsLines(socket as TLSSocket)) this.#tell(line)
    })
  }

  /** The connection was there already. */
  isKept(peer: string): void {
    this.#tell(`goes over a connection to ${peer} that was kept`)
  }

  /** The request goes out. */
  sent(url: string, fields: readonly Field[]): void {
    this.#tell(`> GET ${redact(url)}`)
    const hidden: string[] = []
    for (const [name, value] of fields) {
      if (TOLD_SENT.test(name)) this.#tell(`> ${name}: ${redact(value)}`)
      else if (!USUAL.test(name)) hidden.push(name)
    }
    if (hidden.length > 0) this.#tell(`> also sent: ${hidden.join(', ')}`)
  }

  /** The head of the answer is there. */
  answered(status: number, reason: string, fields: ResponseFields): void {
    this.#reach('first byte')
    this.#tell(`< ${status} ${reason}`.trimEnd())
    for (const name of TOLD_ANSWERED) {
      const value = fields[name]
      if (value === undefined) continue
      for (const one of typeof value === 'string' ? [value] : value) {
        this.#tell(`< ${name}: ${redact(one)}`)
      }
    }
  }

  /** It is over; what has come of the body. The times are since its beginning, as those of curl's `-w`. */
  ended(bodyBytes: number): void {
    const totalMs = performance.now() - this.#beganMs
    const times = [...this.#moments, ['total', totalMs] as const]
    const told = times.map(([name, ms]) => `${name} ${(ms / 1000).toFixed(3)} s`)
    this.#tell(`time: ${told.join(', ')}; ${bodyBytes} bytes`)
  }

  #reach(moment: Moment): void {
    // Of several, as to a proxy and to the server behind it, the last: then it goes on.
    this.#moments.delete(moment)
    this.#moments.set(moment, performance.now() - this.#beganMs)
  }
}

function* tlsLines(socket: TLSSocket): Generator<string> {
  const { alpnProtocol, authorized, authorizationError } = socket
  const facts = [socket.getProtocol() ?? 'TLS', socket.getCipher().name]
  if (typeof alpnProtocol === 'string') facts.push(alpnProtocol)
  if (socket.isSessionReused()) facts.push('a session from before')
  yield `TLS: ${facts.join(', ')}`
  const { subject, issuer, valid_to: validTo } = socket.getPeerCertificate()
  // A session that goes on shows none again.
  if (subject !== undefined) {
    yield `certificate of ${nameOf(subject)}, by ${nameOf(issuer)}, until ${validTo}`
  }
  if (!authorized) yield `certificate not trusted, and taken all the same: ${authorizationError}`
}

/** Node gives a name of several parts as a list. */
function nameOf(names: { CN?: string | string[]; O?: string | string[] }): string {
  return [names.CN ?? names.O ?? 'nobody'].flat().join(', ')
}

function peerOf(address: string, port: number | undefined): string {
  return `${address.includes(':') ? `[${address}]` : address}:${port ?? '?'}`
}

function codeOf(error: Error): string {
  return (error as NodeJS.ErrnoException).code ?? error.message
}
