/**
 * Fixed certificates for tests over TLS: one for localhost, 127.0.0.1 and ::1 that lasts until 2120,
 * one that expired in 2020, and their common key. Both are self-signed, so each is also the authority
 * to trust for itself. The key guards nothing: it is published with the sources.
 */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const folder = new URL('./certificates/', import.meta.url)

/** Where the PEM files are, for `--cacert`, `--cert` and `--key`. */
export const certificatePaths = {
  certificate: fileURLToPath(new URL('localhost.cert.pem', folder)),
  expired: fileURLToPath(new URL('expired.cert.pem', folder)),
  key: fileURLToPath(new URL('localhost.key.pem', folder)),
} as const

/** The same, read. */
export const certificates = {
  certificate: readFileSync(certificatePaths.certificate, 'utf8'),
  expired: readFileSync(certificatePaths.expired, 'utf8'),
  key: readFileSync(certificatePaths.key, 'utf8'),
} as const
