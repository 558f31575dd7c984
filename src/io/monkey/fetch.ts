/**
 * `fetch` for greenlets: a kill at the `yield*` aborts the request, and the answer's `text()`, `json()`
 * and the like can be `yield*`ed too.
 */
import { cancellable, dual, type Dual, dualInGreenlet } from './dual.ts'

type Fetch = typeof globalThis.fetch

const BODY_METHODS = ['arrayBuffer', 'blob', 'bytes', 'formData', 'json', 'text']

/** What greenlets get for `original`. */
export function fetchForGreenlets(original: Fetch): (...args: Parameters<Fetch>) => Dual<Response> {
  return (input, init) => {
    const own = cancellable(init?.signal ?? (input instanceof Request ? input.signal : undefined))
    // What is no signal, fetch refuses.
    if (own === undefined) return dual(original(input, init))
    const answer = original(input, { ...init, signal: own.signal })
    return dual(answer.then(withDualBody), own.cancel)
  }
}

/** Its body's methods give duals inside a greenlet, as long as it lives. */
function withDualBody(response: Response): Response {
  for (const name of BODY_METHODS) {
    const read: unknown = Reflect.get(response, name)
    // `bytes` is younger than Node 20.
    if (typeof read !== 'function') continue
    const value = (): unknown => dualInGreenlet(Reflect.apply(read, response, []))
    Object.defineProperty(response, name, { value, configurable: true, writable: true })
  }
  return response
}
