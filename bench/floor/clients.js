// `clients.js LIST AT_ONCE`: the least that undici can do: a Client for each of those at once, a handler
// that keeps the chunks, each file written and renamed. Nothing is checked or tried again.
import { readFileSync } from 'node:fs'
import Client from 'undici/lib/dispatcher/client.js'
import { saveWhole } from './save.js'

const [list, atOnce] = process.argv.slice(2)
const urls = readFileSync(list, 'utf8').trim().split('\n')
const { origin } = new URL(urls[0])

class Keeper {
  #client
  #name
  #chunks = []

  constructor(client, name) {
    this.#client = client
    this.#name = name
  }

  onRequestStart() {}

  onResponseStart() {}

  onResponseData(_controller, chunk) {
    this.#chunks.push(chunk)
  }

  onResponseEnd() {
    saveWhole(this.#name, this.#chunks)
    ask(this.#client)
  }

  onResponseError(_controller, error) {
    throw error
  }
}

function ask(client) {
  const url = urls.pop()
  if (url === undefined) return void client.close()
  const name = url.slice(url.lastIndexOf('/') + 1)
  client.dispatch({ method: 'GET', path: url.slice(origin.length) }, new Keeper(client, name))
}

for (let i = 0; i < Number(atOnce); i++) {
  ask(new Client(origin, { pipelining: 1, connect: { rejectUnauthorized: false } }))
}
