/**
 * Content-Disposition (RFC 6266, RFC 8187): what the server would call the file.
 */
import { parse } from 'content-disposition'
import { fieldValue, type ResponseFields } from './fields.ts'

/**
 * The file name that an answer asks for, `filename*` before `filename`; undefined for none. It is the
 * server's text, which may hold folders, `..` and worse: it is to be made safe before it is used.
 */
export function dispositionName(fields: ResponseFields): string | undefined {
  const value = fieldValue(fields, 'content-disposition')
  if (value === undefined) return undefined
  const { filename = '' } = parse(utf8Of(value)).parameters
  return filename === '' ? undefined : filename
}

/** Field values come as Latin-1; many servers write UTF-8 in there. */
function utf8Of(value: string): string {
  const text = Buffer.from(value, 'latin1').toString('utf8')
  return text.includes('\ufffd') ? value : text
}
