/**
 * Names and addresses: --resolve, -4 and -6, as a `lookup` for Node's sockets.
 */
import { isIP, type LookupFunction } from 'node:net'
import { NetworkError, UsageError } from '../errors.ts'
import type { TransportOptions } from './settings.ts'

/** How a host's name becomes addresses. */
export interface Resolver {
  /** The only family that is wanted; 0 for both. */
  readonly family: 0 | 4 | 6
  /** Node's option for this host and port; undefined for Node's own. */
  lookup(hostname: string, port: number): LookupFunction | undefined
  /** Why this host, perhaps an address, can't be asked at all. */
  refusal(hostname: string): NetworkError | undefined
}

type Address = { readonly address: string; readonly family: number }

/** The resolver that the options ask for. Throws a UsageError for what can't be used. */
export function resolverOf({
  ipv4,
  ipv6,
  resolve,
}: Pick<TransportOptions, 'ipv4' | 'ipv6' | 'resolve'>): Resolver {
  if (ipv4 && ipv6) throw new UsageError('GDL_ERR_USAGE', '-4 and -6 exclude each other')
  const family = ipv4 ? 4 : ipv6 ? 6 : 0
  const given = new Map(resolve.map(parseOverride))
  return {
    family,
    lookup(hostname, port) {
      const addresses = given.get(`${hostname}:${port}`) ?? given.get(`*:${port}`)
      return addresses === undefined ? undefined : lookupOf(addresses)
    },
    refusal(hostname) {
      const version = isIP(hostname)
      if (family === 0 || version === 0 || version === family) return undefined
      return new NetworkError('GDL_ERR_DNS', `${hostname}: it is no IPv${family} address`)
    },
  }
}

/** `host:port:address[,address]`, IPv6 in brackets or not; curl's `+` in front is its default there. */
function parseOverride(text: string): [key: string, addresses: readonly Address[]] {
  const [, host = '', port = '', list = ''] =
    /^\+?(\*|\[[^\]]+\]|[^:]+):(\d{1,5}):(.+)$/.exec(text) ?? []
  const addresses = list.split(',').map((one) => {
    const address = one.trim().replace(/^\[(.*)\]$/, '$1')
    return { address, family: isIP(address) }
  })
  if (host === '' || addresses.some(({ family }) => family === 0)) {
    throw new UsageError('GDL_ERR_USAGE', `--resolve ${text}: it takes host:port:address`)
  }
  return [`${host.toLowerCase().replace(/^\[(.*)\]$/, '$1')}:${Number(port)}`, addresses]
}

function lookupOf(addresses: readonly Address[]): LookupFunction {
  return (hostname, { all, family }, callback) => {
    const wanted = family === 'IPv4' ? 4 : family === 'IPv6' ? 6 : (family ?? 0)
    const found = addresses.filter((one) => wanted === 0 || one.family === wanted)
    process.nextTick(() => {
      const [first] = found
      if (first === undefined) {
        const error = new Error(`no address of family ${wanted} given for ${hostname}`)
        callback(Object.assign(error, { code: 'ENOTFOUND' }), '')
      } else if (all === true) callback(null, found)
      else callback(null, first.address, first.family)
    })
  }
}
