/**
 * Paths and header values that try to make a downloader write where it must not, or under a name
 * that some system cannot hold. Whatever becomes of them, everything must stay inside the folder.
 */

/** Paths for a request target, each with what it attempts. */
export const hostilePaths: readonly (readonly [path: string, attempt: string])[] = [
  ['/..%2f..%2fescaped', 'encoded slashes and dots'],
  ['/%2e%2e%2fescaped', 'encoded dots'],
  ['/a/%2e%2e', 'a last segment that is the folder above'],
  ['/%2e', 'a last segment that is this folder'],
  ['/..%5c..%5cescaped', 'encoded back-slashes'],
  ['/%2fetc%2fescaped', 'an absolute path'],
  ['/C%3a%5cescaped', 'a drive letter'],
  ['/C%3aescaped', 'a path relative to a drive'],
  ['/nul%00escaped.txt', 'a NUL in the middle'],
  ['/line%0abreak%0d.txt', 'line breaks'],
  ['/%1b%5b31mred', 'an escape sequence of a terminal'],
  ['/CON', 'a device of Windows'],
  ['/com1.txt', 'a device of Windows with an extension'],
  ['/trailing.%20', 'a dot and a space at the end'],
  ['/stream.txt%3aescaped', 'an alternate stream of NTFS'],
  ['/%ff%fe.bin', 'bytes that are not UTF-8'],
  ['/%E2%80%AEtxt.exe', 'a right-to-left override'],
  ['/-rf', 'a name that looks like an option'],
  ['/~', 'a home folder'],
  [`/${'long'.repeat(100)}.bin`, 'more than 255 bytes'],
  [`/${'%E6%BC%A2'.repeat(120)}.bin`, 'more than 255 bytes of UTF-8, in few characters'],
]

/** Values of Content-Disposition that attempt the same. */
export const hostileDispositions: readonly (readonly [value: string, attempt: string])[] = [
  ['attachment; filename="../escaped"', 'the folder above'],
  ['attachment; filename="/tmp/escaped"', 'an absolute path'],
  ['attachment; filename="..\\\\..\\\\escaped"', 'back-slashes'],
  ["attachment; filename*=UTF-8''..%2f..%2fescaped", 'encoded slashes and dots'],
  ["attachment; filename*=UTF-8''%2fetc%2fescaped", 'an encoded absolute path'],
  ['attachment; filename=".."', 'a folder as a name'],
  ['attachment; filename=""', 'no name at all'],
  ['attachment; filename="C:\\\\escaped"', 'a drive letter'],
  ["attachment; filename*=UTF-8''nul%00escaped", 'a NUL'],
  ['attachment; filename=".bashrc"', 'a hidden file that a shell runs'],
]
