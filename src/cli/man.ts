/**
 * The page `gdl.1`, in roff's man(7) macros, made from the table of options and the help's words. The
 * build writes it to dist/gdl.1; the command itself never loads this file.
 */
import { VERSION } from '../version.ts'
import { ABOUT, EXAMPLES, EXIT_STATUS, SETTINGS, UNITS } from './about.ts'
import { flagsOf } from './flags.ts'
import { GROUPS, HELP, type Row } from './options.ts'

/** The text of the page. It has no date, so that the same sources give the same bytes. */
export function manPage(): string {
  const [summary = '', sources = ''] = ABOUT.split('\n\n')
  const lines = [
    `.TH GDL 1 "" "gdl ${VERSION}"`,
    ...section('NAME', String.raw`gdl \- concurrent downloader for lists of files`),
    ...section('SYNOPSIS', '.B gdl', String.raw`.RI [ options ]\~ source ...`),
    ...section('DESCRIPTION', escape(summary), '.PP', escape(sources), '.PP', escape(UNITS)),
    ...section('OPTIONS'),
    ...GROUPS.flatMap(([title, rows]) => [
      `.SS ${escape(title.replace(/:$/, ''))}`,
      ...rows.flatMap(optionLines),
    ]),
    '.SS Help',
    ...Object.values(HELP).flatMap(optionLines),
    ...section('SETTINGS', escape(SETTINGS)),
    ...section('EXIT STATUS', escape(EXIT_STATUS.replace('Exit status: ', ''))),
    ...section('EXAMPLES', ...EXAMPLES.flatMap(exampleLines)),
  ]
  return `${lines.join('\n')}\n`
}

function section(title: string, ...lines: readonly string[]): string[] {
  return [`.SH ${title}`, ...lines]
}

function optionLines(row: Row): string[] {
  const { short, long, value } = flagsOf(row)
  const names = [short, long].flatMap((name) => (name === undefined ? [] : [bold(name)]))
  const takes = value === undefined ? '' : String.raw` \fI${escape(value.slice(1, -1))}\fR`
  return ['.TP', `${names.join(', ')}${takes}`, escape(row.description)]
}

function exampleLines([command, what]: readonly [string, string]): string[] {
  return ['.TP', bold(command), escape(what)]
}

function bold(text: string): string {
  return String.raw`\fB${escape(text)}\fR`
}

/** What roff would take for itself: backslashes, hyphens of options, signs that begin a macro's line. */
function escape(text: string): string {
  return text
    .replaceAll('\\', String.raw`\e`)
    .replaceAll('-', String.raw`\-`)
    .replaceAll("'", String.raw`\(aq`)
    .replaceAll('~', String.raw`\(ti`)
    .replace(/^\./gm, String.raw`\&.`)
}
