/**
 * Proxies: which one an origin is asked through, by --proxy and curl's variables. The way through it is
 * in `tunnel.ts`. Pure.
 *
 * As in curl, an upper-case HTTP_PROXY counts for nothing: in a CGI script it is a header that the
 * client has sent (httpoxy). undici's EnvHttpProxyAgent knows neither ALL_PROXY nor networks, and
 * throws at `proxy:3128`.
 */
import { UsageError } from '../errors.ts'
import { basic, decodeUserinfo } from './credentials.ts'
import type { Field } from './fields.ts'
import { type NoProxy, parseNoProxy } from './no-proxy.ts'
import type { TransportOptions } from './settings.ts'

/** A proxy, and what it wants to be told. */
export interface Proxy {
  readonly kind: 'http' | 'https' | 'socks5'
  /** Without brackets. */
  readonly hostname: string
  readonly port: number
  /** Percent-decoded; empty for none. */
  readonly username: string
  readonly password: string
  /** The proxy, and not we, looks up names (socks5h). */
  readonly resolves: boolean
  /** Fit to be shown: `proxy http://host:3128`. */
  readonly name: string
}

const PORTS = { http: 80, https: 443, socks5: 1080 } as const

/**
 * `text` as a proxy; without a scheme it is an http one. Throws a UsageError that names `source`, where
 * the text comes from, and not the text, which may hold a password.
 */
export function parseProxy(text: string, source: string): Proxy {
  const href = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`
  const url = URL.canParse(href) ? new URL(href) : undefined
  const [, kind, remote] = /^(https?|socks5)(h?):$/.exec(url?.protocol ?? '') ?? []
  if (url === undefined || kind === undefined || url.hostname === '') {
    const message = `${source} takes http://, https://, socks5:// or socks5h://, a host and a port`
    throw new UsageError('GDL_ERR_USAGE', message)
  }
  const known = kind as Proxy['kind']
  const port = url.port === '' ? PORTS[known] : Number(url.port)
  return {
    kind: known,
    hostname: url.hostname.replace(/^\[|\]$/g, ''),
    port,
    username: decodeUserinfo(url.username),
    password: decodeUserinfo(url.password),
    resolves: remote === 'h',
    name: `proxy ${url.protocol}//${url.hostname}:${port}`,
  }
}

/** The Proxy-Authorization of an http or https proxy, if there is one to be sent. */
export function proxyAuthorization({ username, password }: Proxy): Field | undefined {
  if (username === '' && password === '') return undefined
  return ['Proxy-Authorization', basic(username, password)]
}

/** The proxy for an origin of WHATWG URL's form; undefined is none. */
export type ProxyOf = (origin: string) => Proxy | undefined

/** How proxies are chosen; undefined when there is none for any origin. Throws a UsageError for a bad one. */
export function proxyChooser({
  proxy,
  env,
}: Pick<TransportOptions, 'proxy' | 'env'>): ProxyOf | undefined {
  const all = proxy === undefined ? fromEnv(env, 'all_proxy', 'ALL_PROXY') : given(proxy)
  const plain = proxy === undefined ? (fromEnv(env, 'http_proxy') ?? all) : all
  const secure = proxy === undefined ? (fromEnv(env, 'https_proxy', 'HTTPS_PROXY') ?? all) : all
  if (plain === undefined && secure === undefined) return undefined
  const isDirect: NoProxy = parseNoProxy(env['no_proxy'] || env['NO_PROXY'] || '')
  const known = new Map<string, Proxy | undefined>()
  return (origin) => {
    if (!known.has(origin)) {
      const { protocol, hostname, port } = new URL(origin)
      const isSecure = protocol === 'https:'
      const number = port === '' ? PORTS[isSecure ? 'https' : 'http'] : Number(port)
      const direct = isDirect(hostname.replace(/^\[|\]$/g, ''), number)
      known.set(origin, direct ? undefined : isSecure ? secure : plain)
    }
    return known.get(origin)
  }
}

/** An empty one is none: whatever the variables say. */
function given(text: string): Proxy | undefined {
  return text === '' ? undefined : parseProxy(text, '--proxy')
}

function fromEnv(env: TransportOptions['env'], ...names: string[]): Proxy | undefined {
  const name = names.find((one) => env[one] !== undefined && env[one] !== '')
  return name === undefined ? undefined : parseProxy(env[name]!, `the variable ${name}`)
}
