/**
 * no_proxy: which hosts are asked without the proxy. There is no standard; these are curl's rules, with
 * the ports and networks that others know too. Pure.
 */
import { BlockList, isIP } from 'node:net'

/** Whether a host, without brackets, is to be asked directly at this port. */
export type NoProxy = (hostname: string, port: number) => boolean

interface Rule {
  readonly port: number | undefined
  readonly matches: (hostname: string) => boolean
}

/**
 * The rules in `text`, separated by commas or blanks: `*` is all hosts; `example.org`, `.example.org` and
 * `*.example.org` are a name and all names below it; `10.0.0.0/8` and `fd00::/8` are networks; each may
 * end in `:port`, an IPv6 address is in brackets then. What can't be understood matches nothing.
 */
export function parseNoProxy(text: string): NoProxy {
  const rules = text
    .toLowerCase()
    .split(/[\s,]+/)
    .filter(Boolean)
    .map(parseRule)
  return (hostname, port) => {
    const host = hostname.toLowerCase().replace(/\.$/, '')
    return rules.some((rule) => (rule.port ?? port) === port && rule.matches(host))
  }
}

function parseRule(text: string): Rule {
  const [, host = text, digits] =
    /^\[([^\]]*)\](?::(\d+))?$/.exec(text) ?? /^([^:]*):(\d+)$/.exec(text) ?? []
  const port = digits === undefined ? undefined : Number(digits)
  return { port, matches: host === '*' ? () => true : (networkOf(host) ?? nameOf(host)) }
}

/** Addresses compare as numbers: `::1` is `0:0:0:0:0:0:0:1`. */
function networkOf(text: string): ((hostname: string) => boolean) | undefined {
  const [address = '', bits, ...rest] = text.split('/')
  const version = isIP(address)
  if (version === 0) return undefined
  const list = new BlockList()
  const family = version === 4 ? 'ipv4' : 'ipv6'
  const most = version === 4 ? 32 : 128
  if (bits === undefined) list.addAddress(address, family)
  else if (rest.length === 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= most) {
    list.addSubnet(address, Number(bits), family)
  }
  return (hostname) => {
    const found = isIP(hostname)
    return found !== 0 && list.check(hostname, found === 4 ? 'ipv4' : 'ipv6')
  }
}

function nameOf(text: string): (hostname: string) => boolean {
  const name = text.replace(/^\*?\./, '').replace(/\.$/, '')
  return (hostname) => name !== '' && (hostname === name || hostname.endsWith(`.${name}`))
}
