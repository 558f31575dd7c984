/**
 * What TLS connections are made with: --cacert, --cert, --key and --insecure, read and tried out before
 * anything is sent.
 */
import { readFileSync } from 'node:fs'
import type { SecureContext } from 'node:tls'
import { UsageError } from '../errors.ts'
import type { TransportOptions } from './settings.ts'

/** Options of `tls.connect`. */
export interface TlsSettings {
  readonly secureContext?: SecureContext
  readonly rejectUnauthorized?: boolean
}

/** TLS to a server, which may be shown the client's certificate; and to a proxy, which is not. */
export interface TlsChoice {
  readonly server: TlsSettings
  readonly proxy: TlsSettings
}

/** The settings that the options ask for. Throws a UsageError that names the file that is of no use. */
export function tlsSettings({
  cacert,
  cert,
  key,
  insecure,
}: Pick<TransportOptions, 'cacert' | 'cert' | 'key' | 'insecure'>): TlsChoice {
  if (key !== undefined && cert === undefined) {
    throw new UsageError('GDL_ERR_USAGE', '--key needs --cert, the certificate that it belongs to')
  }
  const trust = insecure ? { rejectUnauthorized: false } : {}
  const ca = cacert === undefined ? {} : { ca: pem('--cacert', cacert, 'CERTIFICATE') }
  const proxy = cacert === undefined ? trust : { ...trust, ...contextOf(`--cacert ${cacert}`, ca) }
  if (cert === undefined) return { server: proxy, proxy }
  const identity = {
    cert: pem('--cert', cert, 'CERTIFICATE'),
    // As in curl: one file may hold both.
    key: key === undefined ? pem('--cert', cert, 'PRIVATE KEY') : pem('--key', key, 'PRIVATE KEY'),
  }
  const source = key === undefined ? `--cert ${cert}` : `--cert ${cert} with --key ${key}`
  return { server: { ...trust, ...contextOf(source, { ...ca, ...identity }) }, proxy }
}

function pem(option: string, path: string, label: string): string {
  let text: string
  try {
    text = readFileSync(path, 'latin1')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new UsageError('GDL_ERR_USAGE', `${option} ${path}: it can't be read: ${code}`)
  }
  if (new RegExp(`^-----BEGIN [A-Z ]*${label}-----`, 'm').test(text)) return text
  const wanted = label === 'CERTIFICATE' ? 'certificate' : 'private key'
  throw new UsageError(
    'GDL_ERR_USAGE',
    `${option} ${path}: there is no ${wanted} in PEM form in it`,
  )
}

function contextOf(
  source: string,
  material: { ca?: string; cert?: string; key?: string },
): { secureContext: SecureContext } {
  // Not imported: those who use no such option do not pay for TLS at the start.
  const { X509Certificate } = process.getBuiltinModule('node:crypto')
  const { createSecureContext } = process.getBuiltinModule('node:tls')
  try {
    // Node takes a file without any good certificate for no certificates, in silence.
    if (material.ca !== undefined) void new X509Certificate(material.ca)
    return { secureContext: createSecureContext(material) }
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? (error as Error).message
    throw new UsageError('GDL_ERR_USAGE', `${source}: it can't be used: ${reason}`)
  }
}
