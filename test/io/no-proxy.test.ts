import { expect, it } from 'vitest'
import { parseNoProxy } from '../../src/io/no-proxy.ts'

const CASES: readonly (readonly [text: string, direct: string, proxied: string])[] = [
  ['*', 'any.example:80 10.0.0.1:1 ::1:80', ''],
  ['', '', 'any.example:80'],
  ['example.org', 'example.org:80 www.example.org:443 EXAMPLE.org.:80', 'notexample.org:80 org:80'],
  ['.example.org', 'example.org:80 a.b.example.org:80', 'myexample.org:80'],
  ['*.example.org , b.example', 'a.example.org:80 b.example:1', 'c.example:1'],
  ['example.org:8080', 'a.example.org:8080', 'example.org:80'],
  ['127.0.0.1', '127.0.0.1:80', '127.0.0.11:80 1.127.0.0.1:80'],
  ['10.0.0.0/8 192.168.1.0/24', '10.255.1.2:80 192.168.1.9:80', '11.0.0.1:80 192.168.2.1:80'],
  ['10.1.2.3/0', '8.8.8.8:80', 'ten.example:80'],
  ['::1', '0:0:0:0:0:0:0:1:80', '::2:80'],
  ['[::1]:8080', '::1:8080', '::1:80'],
  ['fd00::/8', 'fd12::1:80', 'fe80::1:80 10.0.0.1:80'],
  ['10.0.0.0/33 10.0.0.0/8/8 10.0.0.0/x , . *.', '', '10.0.0.1:80 host:80'],
]

it.each(CASES)('no_proxy=%j', (text, direct, proxied) => {
  const isDirect = parseNoProxy(text)
  const ask = (hosts: string): boolean[] =>
    hosts
      .split(' ')
      .filter(Boolean)
      .map((host) => {
        const colon = host.lastIndexOf(':')
        return isDirect(host.slice(0, colon), Number(host.slice(colon + 1)))
      })
  expect(ask(direct).every(Boolean)).toBe(true)
  expect(ask(proxied).some(Boolean)).toBe(false)
})
