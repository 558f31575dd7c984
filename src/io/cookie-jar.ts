/**
 * The cookies of a run (RFC 6265): those of a file, and those that answers set, redirects' too. Which
 * one goes where is tough-cookie's to decide; it knows the public suffixes, too.
 */
import { Cookie, CookieJar as ToughJar } from 'tough-cookie'
import type { FileCookie } from './cookies.ts'

/** Cookies by where they are sent. */
export class CookieJar {
  /** What is `Secure` goes over TLS alone, on loopback too, where browsers make an exception. */
  readonly #jar = new ToughJar(undefined, { looseMode: true, allowSecureOnLocal: false })

  /** One that nobody may set, for a public suffix say, is left out, as if it had come from a server. */
  constructor(cookies: readonly FileCookie[]) {
    for (const cookie of cookies) {
      const { domain, hostOnly, path, name, value, secure, httpOnly, expiresEpochSeconds } = cookie
      const expires =
        expiresEpochSeconds === undefined ? 'Infinity' : new Date(expiresEpochSeconds * 1000)
      const kept = new Cookie({
        key: name,
        value,
        path,
        secure,
        httpOnly,
        expires,
        ...(hostOnly ? {} : { domain }),
      })
      const host = domain.includes(':') ? `[${domain}]` : domain
      this.#jar.setCookieSync(kept, `https://${host}${path}`, { ignoreError: true })
    }
  }

  /** The Cookie field's value for a URL; empty for none. */
  headerFor(href: string): string {
    return this.#jar.getCookieStringSync(href)
  }

  /** Takes what an answer from `href` sets; what is not fit to be set is dropped. */
  take(href: string, setCookie: string | readonly string[] | undefined): void {
    if (setCookie === undefined) return
    for (const text of [setCookie].flat()) {
      this.#jar.setCookieSync(text, href, { ignoreError: true })
    }
  }
}
