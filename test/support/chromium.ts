/**
 * A real Chromium, where the machine has one: `GDL_TEST_CHROMIUM`, or by its usual names in PATH (Debian's
 * package is `chromium`). None is downloaded, and tests that need it are skipped without it.
 */
import { existsSync, mkdirSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome']

/** Its path; undefined where there is none. */
export const chromiumPath: string | undefined = findChromium()

/** A page, and what it complained of or asked the network for. */
export interface OpenPage {
  readonly page: Page
  readonly complaints: readonly string[]
}

/** Starts it. */
export async function startChromium(): Promise<Browser> {
  // A container's root has no sandbox.
  return chromium.launch({ executablePath: chromiumPath!, args: ['--no-sandbox'] })
}

/** Opens a file, 1280 x 900 unless told, and watches it. */
export async function openFile(
  browser: Browser,
  file: string,
  options: BrowserContextOptions = {},
): Promise<OpenPage> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options })
  const page = await context.newPage()
  const complaints: string[] = []
  const url = pathToFileURL(file).href
  page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`))
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('dialog', (dialog) => complaints.push(`dialog: ${dialog.message()}`))
  page.on('request', (request) => {
    if (request.url() !== url && !request.url().startsWith('data:')) complaints.push(request.url())
  })
  await page.goto(url)
  return { page, complaints }
}

/** Keeps a picture of the whole page in test/artifacts/, which git ignores. */
export async function keepPicture(page: Page, name: string): Promise<void> {
  const folder = fileURLToPath(new URL('../artifacts/', import.meta.url))
  mkdirSync(folder, { recursive: true })
  await page.screenshot({ path: path.join(folder, `${name}.png`), fullPage: true })
}

function findChromium(): string | undefined {
  const given = process.env['GDL_TEST_CHROMIUM']
  if (given !== undefined) return given
  const folders = (process.env['PATH'] ?? '').split(path.delimiter)
  return folders.flatMap((folder) => NAMES.map((name) => path.join(folder, name))).find(existsSync)
}
