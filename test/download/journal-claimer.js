// Run by journal.test.ts in processes of its own, on the built gdl: claims the lock of a file when it is
// told to, says what came of it, and holds it until its input ends.
import { Journal } from '../../dist/download/journal.js'
import { run } from '../../dist/scheduler/index.js'

const [path] = process.argv.slice(2)
console.log('ready')
process.stdin.once('data', () => {
  run(() => Journal.claim(path, false), { signals: false }).then(
    () => console.log('has it'),
    (error) => console.log(error.code),
  )
})
