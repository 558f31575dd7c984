// `npm run pictures`: the pictures in the README and the captures in docs/screen.md, all of real runs of
// the command in a real terminal (tmux) against a server on loopback. The report is photographed in
// Chromium. Needs both; nothing else, and no network.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { chromium } from 'playwright-core'
import { startScene } from './pictures/scene.js'
import { terminalSvg } from './pictures/svg.js'
import { Pane } from './pictures/tmux.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const pictures = path.join(root, 'docs/pictures')
const page = path.join(root, 'docs/screen.md')
const gdl = `${process.execPath} ${path.join(root, 'bin/gdl.js')}`
const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/google-chrome', process.env.GDL_TEST_CHROMIUM]
const SHOWN = '--dir files urls.txt'

const scene = await startScene()
const home = mkdtempSync(path.join(tmpdir(), 'gdl-pictures-'))
writeFileSync(path.join(home, 'urls.txt'), scene.list)

/** What gdl shows in a window of that size; `look` sees the pane. */
async function shoot({ columns, rows, args = SHOWN }, look) {
  scene.reset()
  rmSync(path.join(home, 'files'), { recursive: true, force: true })
  const command = `${gdl} ${scene.options.join(' ')} -x 4 -j 9 ${args}`
  const pane = new Pane({ columns, rows, cwd: home, command })
  try {
    return await look(pane)
  } finally {
    pane.close()
  }
}

/** The port is the one thing that differs each time, and says nothing. */
function tidy(text) {
  return text.replaceAll(`:${scene.port}`, '').replaceAll(/^ +$/gm, '')
}

/** Puts `text` into the code block of the page that is marked with `name`. */
function putCapture(name, text) {
  const before = readFileSync(page, 'utf8')
  const place = new RegExp(`(<!-- ${name} -->\n\n\`\`\`\n)[^]*?(\n\`\`\`\n)`)
  if (!place.test(before)) throw new Error(`docs/screen.md has no place for ${name}`)
  writeFileSync(
    page,
    before.replace(place, (_all, head, tail) => head + tidy(text) + tail),
  )
}

const isRetrying = (text) => /retry 1 in \d/.test(text) && /x[234]/.test(text)

async function photographTerminal() {
  const size = { columns: 100, rows: 24 }
  await shoot(size, async (pane) => {
    await pane.until((text) => isRetrying(text) && /^1[2-9]\/61/m.test(text))
    const screen = tidy(pane.capture({ colour: true }))
    const rows = screen.split('\n').length
    const title = `gdl ${SHOWN}`
    writeFileSync(
      path.join(pictures, 'terminal.svg'),
      terminalSvg(screen, { columns: size.columns, rows, title }),
    )
    putCapture('100 x 24', pane.capture())
    pane.resize(40, 6)
    await sleep(1000)
    putCapture('40 x 6', pane.capture())
    pane.resize(100, 24)
    await sleep(500)
    pane.press('p')
    await sleep(1000)
    putCapture('paused', pane.capture().split('\n').slice(-11).join('\n'))
  })
}

async function captureStory() {
  const args = `-v --dir files http://mirror.example.net:${scene.port}/linux-6.8.tar.xz -x 1 --retry-delay 0.2`
  const text = await shoot({ columns: 110, rows: 60, args }, async (pane) => {
    await pane.until((shown) => /^1 downloaded/m.test(shown))
    return pane.capture()
  })
  putCapture('verbose', text)
}

async function photographReport() {
  const args = `--report report.html ${SHOWN}`
  await shoot({ columns: 100, rows: 24, args }, (pane) =>
    pane.until((text) => /^\d+ downloaded, /m.test(text)),
  )
  const executablePath = CHROMIUM.find((name) => name !== undefined && existsSync(name))
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
  try {
    for (const colorScheme of ['light', 'dark']) {
      const viewport = { width: 1180, height: 1000 }
      const opened = await browser.newPage({ viewport, colorScheme })
      await opened.goto(pathToFileURL(path.join(home, 'report.html')).href)
      await opened.waitForSelector('.u-over')
      const file = path.join(pictures, `report-${colorScheme}.png`)
      await opened.screenshot({ path: file, fullPage: true })
    }
  } finally {
    await browser.close()
  }
}

try {
  await photographTerminal()
  await captureStory()
  await photographReport()
} finally {
  scene.close()
  rmSync(home, { recursive: true, force: true })
}
