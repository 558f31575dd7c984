import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { UsageError } from '../../src/errors.ts'
import { requestFields, targetOf } from '../../src/io/redirect.ts'
import type { TransportOptions } from '../../src/io/settings.ts'
import { tlsSettings } from '../../src/io/tls.ts'
import { Transport } from '../../src/io/transport.ts'
import { type Operation, run } from '../../src/scheduler/index.ts'
import * as be from '../support/behaviours.ts'
import { certificatePaths as paths } from '../support/certificates.ts'
import { serve } from '../support/server.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const none = { cacert: undefined, cert: undefined, key: undefined, insecure: false }

/** What a GET comes to: the body, or the code of its error. */
function get(options: Partial<TransportOptions>, url: string): Promise<string> {
  const body = function* (): Operation<string> {
    const transport = new Transport(options)
    try {
      return yield* (yield* transport.request(targetOf(url, requestFields([], [])))).text()
    } catch (error) {
      return (error as { code: string }).code
    } finally {
      transport.close()
    }
  }
  return run(body, { signals: false })
}

function fileOf(text: string): string {
  const path = join(temporaryFolder(), 'file.pem')
  writeFileSync(path, text)
  return path
}

describe('TLS', () => {
  it('trusts --cacert, and with --insecure anybody', async () => {
    await using valid = await serve({ '*': be.body('hello') }, { tls: 'valid' })
    await using expired = await serve({ '*': be.body('hello') }, { tls: 'expired' })
    const url = `${valid.origin}/`
    expect(await get({}, url)).toBe('GDL_ERR_CERTIFICATE')
    expect(await get({ cacert: paths.certificate }, url)).toBe('hello')
    expect(await get({ cacert: paths.expired }, `${expired.origin}/`)).toBe('GDL_ERR_CERTIFICATE')
    expect(await get({ insecure: true }, `${expired.origin}/`)).toBe('hello')
  })

  it('shows the certificate of --cert, its key in another file or in the same', async () => {
    const options = { tls: 'valid', clientCertificate: true } as const
    await using server = await serve({ '*': be.body('hello') }, options)
    const url = `${server.origin}/`
    const cacert = paths.certificate
    expect(await get({ cacert }, url)).toMatch(/^GDL_ERR_(?:TLS|CONNECTION_LOST)$/)
    expect(await get({ cacert, cert: paths.certificate, key: paths.key }, url)).toBe('hello')
    const both = readFileSync(paths.key, 'utf8') + readFileSync(paths.certificate, 'utf8')
    expect(await get({ insecure: true, cert: fileOf(both) }, url)).toBe('hello')
  })

  it.each<[string, () => Partial<TransportOptions>]>([
    ['no file', () => ({ cacert: '/no/such/file' })],
    ['a folder', () => ({ cacert: '/' })],
    ['no certificate', () => ({ cacert: paths.key })],
    [
      'garbage',
      () => ({ cacert: fileOf('-----BEGIN CERTIFICATE-----\nhello\n-----END CERTIFICATE-----') }),
    ],
    ['a certificate without its key', () => ({ cert: paths.certificate })],
    ['a key alone', () => ({ key: paths.key })],
    ['no key', () => ({ cert: paths.certificate, key: paths.certificate })],
    [
      'a broken key',
      () => ({ cert: paths.certificate, key: fileOf('-----BEGIN PRIVATE KEY-----\nx\n') }),
    ],
  ])('refuses %s before anything is sent', (_title, options) => {
    expect(() => tlsSettings({ ...none, ...options() })).toThrow(UsageError)
  })
})
