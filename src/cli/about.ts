/**
 * What the help and the man page say besides the table of options.
 */

/** What the command does, and what it takes. */
export const ABOUT = `Downloads lists of files, many at once.

A source is a list (a file, or - for standard input, read as it arrives) or a
URL. A list has a URL a line; more URLs on the line are mirrors; lines with #
are skipped. Indented lines below an entry are settings of that one alone:
out, dir, checksum, header, referer, user-agent, size, as key=value.`

/** The forms of values. */
export const UNITS = `Times are in seconds, or carry a unit: 500ms, 30, 2m, 1h. Sizes and rates are
bytes, or carry one: 500K, 2.5MiB, 1G (of 1024); 500kB, 2MB (of 1000).`

/** Where values come from. */
export const SETTINGS = `Every long option is a setting too: jobs = 8 in ~/.config/gdl/config.toml (or
below XDG_CONFIG_HOME). ./.gdlrc.toml stands over that file, variables such as
GDL_JOBS=8 over both, and the command line over all: --no-netrc takes back
netrc = true, and --resume takes back no-resume = true. gdl --show-config tells
what counts.`

/** Commands, and what they do. */
export const EXAMPLES: readonly (readonly [command: string, what: string])[] = [
  ['gdl urls.txt', 'download a list'],
  ['gdl -d pictures -j 8 urls.txt', 'into a folder, 8 at once'],
  ['find-urls | gdl -', 'while the list is still being made'],
  ["gdl -o '{index}-{name}' a.txt", 'name the files by their place in the list'],
  ['gdl -o - https://host/a | tar xz', 'one download to standard output'],
  ['gdl --print0 a.txt | xargs -0 ls', 'finished files, as they come'],
  ['gdl --failed b.txt a.txt', 'what failed, as a list'],
  ['gdl explain trace.json', 'where the time of a --trace went'],
  ['gdl completion bash', 'a completion script; also for zsh, fish'],
]

/** What a script is told; STATUSES has it by code. */
export const EXIT_STATUS = `Exit status: 0 every file is there; 2 usage; 3 file or disk; 4 network; 5 TLS;
6 authentication; 7 protocol; 8 the server refused; 9 wrong bytes; 1 anything
else; 130, 143 interrupted; 141 nobody reads standard output. When several
apply, the lowest.`
