// A terminal's screen as SVG: what `tmux capture-pane -e` gives, drawn cell by cell.
//
// Text is placed by its column and held to its width, so that it stands right in whatever monospace font
// there is; the cells of bars are rectangles, since fonts leave gaps between block characters.
import stringWidth from 'string-width'

const CELL = { width: 8.4, height: 19 }
const MARGIN = 18
const TITLE = 34
const COLOURS = { 31: '#ff7b72', 32: '#7ee787', 33: '#e3b341', 36: '#56d4dd' }
const TEXT = '#d7dde4'
const DIM = '#6e7681'

/** The picture of `screen`, `columns` wide and `rows` high, with `title` above. */
export function terminalSvg(screen, { columns, rows, title }) {
  const width = Math.ceil(columns * CELL.width + 2 * MARGIN)
  const height = Math.ceil(TITLE + rows * CELL.height + MARGIN)
  const lights = ['#ff5f57', '#febc2e', '#28c840'].map(
    (colour, n) => `<circle cx="${MARGIN + 4 + n * 19}" cy="17" r="6" fill="${colour}"/>`,
  )
  const drawn = screen.split('\n').flatMap((line, row) => drawLine(line, row))
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(title)}">`,
    '<style>text{font:14px ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;white-space:pre}</style>',
    `<rect width="${width}" height="${height}" rx="10" fill="#0d1117"/>`,
    `<rect x=".5" y=".5" width="${width - 1}" height="${height - 1}" rx="9.5" fill="none" stroke="#30363d"/>`,
    ...lights,
    `<text x="${width / 2}" y="22" text-anchor="middle" fill="${DIM}">${escaped(title)}</text>`,
    ...drawn,
    '</svg>',
    '',
  ].join('\n')
}

/** Bars; what is printable ASCII; what is not, whose font may be another; gaps. */
const PIECES = /[█░]+|[!-~]+(?: [!-~]+)*|[^█░ -~]+| +/g

/** The elements of one line. */
function drawLine(line, row) {
  const elements = []
  const y = TITLE + row * CELL.height
  let style = { colour: TEXT, isBold: false }
  let column = 0
  for (const part of line.split(/(\x1b\[[\d;]*m)/)) {
    const sgr = /^\x1b\[([\d;]*)m$/.exec(part)
    if (sgr !== null) {
      style = styleAfter(style, sgr[1])
      continue
    }
    for (const piece of part.match(PIECES) ?? []) {
      const cells = stringWidth(piece)
      if (piece.trim() !== '') elements.push(drawPiece(piece, { column, cells, y, ...style }))
      column += cells
    }
  }
  return elements
}

function drawPiece(piece, { column, cells, y, colour, isBold }) {
  const x = fixed(MARGIN + column * CELL.width)
  const width = fixed(cells * CELL.width)
  if (/^[█░]/.test(piece)) {
    const full = [...piece].filter((character) => character === '█').length
    const bar = (at, count, fill) =>
      count === 0
        ? ''
        : `<rect x="${fixed(MARGIN + (column + at) * CELL.width)}" y="${y + 4}" width="${fixed(count * CELL.width)}" height="${CELL.height - 8}" fill="${fill}"/>`
    return bar(0, full, colour) + bar(full, cells - full, '#21262d')
  }
  const weight = isBold ? ' style="font-weight:bold"' : ''
  return `<text x="${x}" y="${y + 14}" fill="${colour}"${weight} textLength="${width}" lengthAdjust="spacingAndGlyphs">${escaped(piece)}</text>`
}

function styleAfter(style, codes) {
  let next = style
  for (const code of codes === '' ? ['0'] : codes.split(';')) {
    if (code === '0') next = { colour: TEXT, isBold: false }
    else if (code === '1') next = { ...next, isBold: true }
    else if (code === '2') next = { ...next, colour: DIM }
    else if (code === '39') next = { ...next, colour: TEXT }
    else if (COLOURS[code] !== undefined) next = { ...next, colour: COLOURS[code] }
  }
  return next
}

function fixed(n) {
  return Number(n.toFixed(2))
}

function escaped(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}
