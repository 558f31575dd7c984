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

/** Hashes of a file's pieces: each is `lengthBytes` long, but for the last, which may be shorter. */
export interface Pieces {
  readonly algorithm: Checksum['algorithm']
  readonly lengthBytes: number
  /** One for each piece, in the file's order, as `Checksum.hex` is. */
  readonly hexes: readonly string[]
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
  /** With them, a bad piece can be fetched again by itself. */
  readonly pieces?: Pieces
}

/** A line that cannot be used; the others go on. */
export interface Unusable {
  readonly kind: 'bad'
  readonly source: string
  /** The line, fit to be shown. */
  readonly text: string
  readonly message: string
  /** The line and the settings below it as they were, secrets and all; absent where there is no line. */
  readonly written?: string
}

/** What a list gives, in its order. */
export type Item =
  | { readonly kind: 'entry'; readonly entry: Entry }
  | Unusable
  | { readonly kind: 'warning'; readonly source: string; readonly message: string }
