/**
 * How connections are made and requests are completed: a Transport's settings. Types and defaults alone.
 */

/** A Transport's settings. Paths are read when the Transport is made. */
export interface TransportOptions {
  /** `name:password` for the origins of the URLs that are asked for, not of redirects (RFC 7617). */
  readonly user: string | undefined
  /** Take names and passwords from `~/.netrc`. */
  readonly netrc: boolean
  /** ... or from this file. */
  readonly netrcFile: string | undefined
  /** A cookie file in Netscape's format. */
  readonly cookies: string | undefined
  /** A proxy for everything: http, https or socks5. */
  readonly proxy: string | undefined
  /** Where `http_proxy`, `https_proxy`, `all_proxy` and `no_proxy` are looked up, NETRC and HOME too. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** Files in PEM. */
  readonly cacert: string | undefined
  readonly cert: string | undefined
  readonly key: string | undefined
  /** Take any certificate. */
  readonly insecure: boolean
  /** Offer HTTP/2 by ALPN. */
  readonly http2: boolean
  readonly ipv4: boolean
  readonly ipv6: boolean
  /** `host:port:address`. */
  readonly resolve: readonly string[]
  /** Ask for compressed bodies, and decode them. */
  readonly compressed: boolean
}

/** What a Transport does when nothing else is said. */
export const TRANSPORT_DEFAULTS: TransportOptions = {
  user: undefined,
  netrc: false,
  netrcFile: undefined,
  cookies: undefined,
  proxy: undefined,
  env: {},
  cacert: undefined,
  cert: undefined,
  key: undefined,
  insecure: false,
  http2: false,
  ipv4: false,
  ipv6: false,
  resolve: [],
  compressed: false,
}
