/**
 * `gdl completion bash|zsh|fish`: scripts that complete options and their values, made from the table.
 *
 * They are made of words alone and ask gdl nothing while one types, so that a key press costs no start of
 * Node. bash's needs no bash-completion package.
 */
import { UsageError } from '../errors.ts'
import { flagsOf, pathOf } from './flags.ts'
import { HELP, type Row, ROWS } from './options.ts'

const SHELLS: Readonly<Record<string, () => string>> = { bash, zsh, fish }

/** The script for a shell. UsageError for another. */
export function completionFor(shell: string | undefined): string {
  const make = Object.hasOwn(SHELLS, shell ?? '') ? SHELLS[shell!]! : undefined
  if (make !== undefined) return make()
  throw new UsageError(
    'GDL_ERR_USAGE',
    'completion is for bash, zsh or fish: gdl completion bash',
    {
      hint: 'a list of that name is ./completion',
    },
  )
}

const ALL = [...ROWS, ...Object.values(HELP)]

function bash(): string {
  const pattern = (rows: readonly Row[]): string =>
    rows.flatMap((row) => [flagsOf(row).short ?? [], flagsOf(row).long].flat()).join('|')
  const withValue = ROWS.filter((row) => flagsOf(row).value !== undefined)
  const cases = [
    ...withValue.flatMap((row) => (row.choices === undefined ? [] : [choiceCase(row, pattern)])),
    valueCase(pattern(withValue.filter((row) => pathOf(row) === 'folder')), paths('-d')),
    valueCase(pattern(withValue.filter((row) => pathOf(row) === 'file')), paths('-f')),
    valueCase(pattern(withValue.filter((row) => !row.choices && !pathOf(row))), ''),
  ]
  return `# Completion of gdl for bash: source <(gdl completion bash)
_gdl() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} IFS=$'\\n'
  COMPREPLY=()
  # bash takes --dir=files apart at the sign.
  if [[ $word == = ]]; then word=
  elif [[ $before == = ]]; then before=\${COMP_WORDS[COMP_CWORD-2]}; fi
  case $before in
${cases.join('\n')}
  completion) if ((COMP_CWORD == 2)); then COMPREPLY=($(compgen -W $'bash\\nzsh\\nfish' -- "$word")); return; fi ;;
  esac
  if [[ $word == -* ]]; then
    COMPREPLY=($(compgen -W $'${ALL.map((row) => flagsOf(row).long).join('\\n')}' -- "$word"))
    return
  fi
  ${paths('-f')}
  if ((COMP_CWORD == 1)); then COMPREPLY+=($(compgen -W $'completion\\nexplain' -- "$word")); fi
}
complete -F _gdl gdl
`
}

function choiceCase(row: Row, pattern: (rows: readonly Row[]) => string): string {
  const words = row.choices!.join('\\n')
  return valueCase(pattern([row]), `COMPREPLY=($(compgen -W $'${words}' -- "$word"))`)
}

function valueCase(pattern: string, what: string): string {
  return `  ${pattern}) ${what === '' ? '' : `${what}; `}return ;;`
}

function paths(action: '-d' | '-f'): string {
  return `compopt -o filenames; COMPREPLY=($(compgen ${action} -- "$word"))`
}

function zsh(): string {
  return `#compdef gdl
# Completion of gdl for zsh: gdl completion zsh > a folder of $fpath, as _gdl
_gdl() {
  if (( CURRENT == 3 )) && [[ $words[2] == completion ]]; then
    compadd bash zsh fish
    return
  fi
  _arguments -s \\
${ALL.map((row) => `    ${zshSpec(row)} \\\n`).join('')}    '1: :_alternative "commands:command:(completion explain)" "files:list:_files"' \\
    '*:list:_files'
}
if [[ $funcstack[1] == _gdl ]]; then _gdl "$@"; else compdef _gdl gdl; fi
`
}

/** `'(-j --jobs)'{-j+,--jobs=}'[downloads]:n: '`. */
function zshSpec(row: Row): string {
  const { short, long, value } = flagsOf(row)
  const names =
    value === undefined ? [short, long] : [short === undefined ? short : `${short}+`, `${long}=`]
  const given = names.filter((name) => name !== undefined)
  const others = row.mayRepeat === true ? '*' : `(${[short, long].filter(Boolean).join(' ')})`
  const shown = row.description.replace(/[[\]:\\]/g, String.raw`\$&`)
  const forms = given.length === 1 ? given[0] : `'{${given.join(',')}}'`
  return `'${others}${forms}${single(`[${shown}]`)}${single(zshValue(row))}'`
}

function zshValue(row: Row): string {
  const { value } = flagsOf(row)
  if (value === undefined) return ''
  const action = row.choices === undefined ? '' : `(${row.choices.join(' ')})`
  const path = { file: '_files', folder: '_files -/', none: ' ' }[pathOf(row) ?? 'none']
  return `:${value.slice(1, -1).replaceAll(':', String.raw`\:`)}:${action === '' ? path : action}`
}

function fish(): string {
  return `# Completion of gdl for fish: gdl completion fish > ~/.config/fish/completions/gdl.fish
complete -c gdl -n __fish_is_first_arg -a completion -d 'print a completion script'
complete -c gdl -n __fish_is_first_arg -a explain -d 'say where the time of a trace went'
complete -c gdl -n '__fish_seen_subcommand_from completion' -f -a 'bash zsh fish'
${ALL.map((row) => `${fishLine(row)}\n`).join('')}`
}

function fishLine(row: Row): string {
  const { short, long, value } = flagsOf(row)
  const names = `${short === undefined ? '' : ` -s ${short.slice(1)}`} -l ${long.slice(2)}`
  const path = { file: ' -r -F', folder: ` -x -a '(__fish_complete_directories)'`, none: ' -x' }
  const choices = row.choices === undefined ? undefined : ` -x -a '${row.choices.join(' ')}'`
  const takes = value === undefined ? '' : (choices ?? path[pathOf(row) ?? 'none'])
  return `complete -c gdl${names}${takes} -d '${row.description.replace(/[\\']/g, String.raw`\$&`)}'`
}

/** `text` inside of single quotes of a POSIX shell. */
function single(text: string): string {
  return text.replaceAll("'", String.raw`'\''`)
}
