/**
 * What is asked for: one download, as a line of a list or an argument says it.
 *
 * Types alone, so that `input/` and `report/` can know them without loading the engine. A list may
 * hold a hundred thousand entries: optional fields are absent, not undefined, to keep one small.
 */

/** A hash that the whole file must have. */
export interface Checksum {
  /** Node's name of the algorithm. */
  readonly algorithm: 'md5' | 'sha1' | 'sha256' | 'sha384' | 'sha512'
  /** Lower-case hexadecimal, of the algorithm's length. */
  readonly hex: string
}

/** One file to be downloaded. */
export interface Entry {
  /** Absolute http or https URLs of the same file (normalised by WHATWG URL), best first. */
  readonly urls: readonly [string, ...string[]]
  /** Where it was written: `urls.txt:17`; absent for a URL on the command line. */
  readonly source?: string
  /** The name, possibly with folders, relative to `dir`. */
  readonly out?: string
  /** The folder, relative to the run's `--dir`. */
  readonly dir?: string
  readonly checksum?: Checksum
  /** Header fields for the origin of `urls` alone, as [name, value], in order. */
  readonly headers?: readonly (readonly [string, string])[]
  readonly referer?: string
  readonly userAgent?: string
  /** The length that the file must have, in bytes. */
  readonly size?: number
}

/** What a list gives, in its order. */
export type Item =
  | { readonly kind: 'entry'; readonly entry: Entry }
  /** A line that cannot be used; the others go on. `text` is the line, fit to be shown. */
  | {
      readonly kind: 'bad'
      readonly source: string
      readonly text: string
      readonly message: string
    }
  | { readonly kind: 'warning'; readonly source: string; readonly message: string }
