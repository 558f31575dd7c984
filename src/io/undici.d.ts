/**
 * undici has no `exports` map: the two parts that are used are imported by their files, which halves
 * what loading it costs (`import 'undici'` takes 80 to 130 ms, most of it for fetch, caches and mocks).
 */
declare module 'undici/lib/dispatcher/client.js' {
  export { Client as default } from 'undici'
}

declare module 'undici/lib/core/connect.js' {
  export { buildConnector as default } from 'undici'
}
