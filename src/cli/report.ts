/**
 * `--report`: the recorder, and the file that it is written to. Loaded only when a report is asked for.
 */
import { readFileSync } from 'node:fs'
import type { HtmlRecorder } from '../report/index.ts'
import { checkWholeFile, type WholeFile, writeWholeFile } from './whole-file.ts'

/** Beside the bundle of the command, where scripts/build.js puts both. */
const TEMPLATE = new URL('./report.html', import.meta.url)

/** A page that will be. */
export class Report {
  readonly recorder: HtmlRecorder
  readonly #file: WholeFile

  /** UsageError when there can't be a file at `path`. */
  constructor(path: string, recorder: HtmlRecorder) {
    this.#file = { option: '--report', path, mode: 0o666 }
    checkWholeFile(this.#file)
    this.recorder = recorder
  }

  /** Writes it; `signal` is what ended the run early. FileError. Does not park. */
  write(signal: string | undefined): void {
    writeWholeFile(this.#file, this.recorder.page(readFileSync(TEMPLATE, 'utf8'), signal))
  }
}
