/**
 * Elements made in a line. Texts are set as texts: there is no way here to set HTML, and there must be
 * none, for names and messages come from strangers.
 */

/** What an element may be given: its class, its text, what it says to a reader of screens. */
export interface Looks {
  readonly class?: string
  readonly text?: string
  readonly title?: string
  readonly id?: string
  readonly attributes?: Readonly<Record<string, string>>
}

/** A new element, with its children. */
export function el<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  looks: Looks = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag)
  if (looks.class !== undefined) made.className = looks.class
  if (looks.text !== undefined) made.textContent = looks.text
  if (looks.title !== undefined) made.title = looks.title
  if (looks.id !== undefined) made.id = looks.id
  for (const [name, value] of Object.entries(looks.attributes ?? {})) made.setAttribute(name, value)
  made.append(...children)
  return made
}

/** A part of the page, with its heading and a sentence about it. */
export function section(id: string, title: string, lead: string): HTMLElement {
  const heading = el('h2', { text: title, id: `${id}-title` })
  const attributes = { 'aria-labelledby': `${id}-title` }
  return el('section', { id, attributes }, el('header', {}, heading, el('p', { text: lead })))
}

/** `1 file`, `1,234 files`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${number(count)} ${count === 1 ? one : many}`
}

/** `12,345`. */
export function number(value: number): string {
  return value.toLocaleString('en')
}

/** A colour of the style sheet, as it is now: light or dark. */
export function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim()
}

/** Calls `draw` when the colours have changed. */
export function onColours(draw: () => void): void {
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw)
}
