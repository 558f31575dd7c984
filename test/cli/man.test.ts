import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { flagsOf } from '../../src/cli/flags.ts'
import { manPage } from '../../src/cli/man.ts'
import { ROWS } from '../../src/cli/options.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const has = (tool: string): boolean => spawnSync(tool, ['-h']).error === undefined

function pageFile(): string {
  const path = join(temporaryFolder(), 'gdl.1')
  writeFileSync(path, manPage())
  return path
}

describe('the man page', () => {
  it('begins with its title, and escapes what roff would take for itself', () => {
    const page = manPage()
    expect(page).toMatch(/^\.TH GDL 1 /)
    expect(page).toContain(String.raw`\fB\-j\fR, \fB\-\-jobs\fR \fIn\fR`)
    expect(page.match(/^['.](?!(?:TH|SH|SS|TP|PP|B|RI)\b).*/gm)).toBeNull()
  })

  it('has nothing that mandoc complains of, but its missing date', ({ skip }) => {
    skip(!has('mandoc'), 'mandoc is not installed')
    const { stdout } = spawnSync('mandoc', ['-T', 'lint', '-W', 'warning', pageFile()])
    const complaints = String(stdout).split('\n').slice(0, -1)
    expect(complaints.filter((line) => !line.includes('missing date'))).toEqual([])
  })

  it('is shown by man with every option in it', ({ skip }) => {
    skip(!has('man'), 'man is not installed')
    const env = { ...process.env, MANWIDTH: '80', LC_ALL: 'C', MAN_KEEP_FORMATTING: '' }
    const { stdout, stderr, status } = spawnSync('man', ['-P', 'cat', '-l', pageFile()], { env })
    expect([status, String(stderr)]).toEqual([0, ''])
    for (const row of ROWS) expect(String(stdout)).toContain(flagsOf(row).long)
    expect(String(stdout)).toContain("gdl -o '{index}-{name}' a.txt")
  })
})
