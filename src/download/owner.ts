/**
 * Who is at work on a part file: a process, told apart from a later one that got the same number.
 *
 * Node has no flock(2), so a lock is a record that names its owner, and it is over when the owner is.
 * Known weakness: of an owner on another host that shares the folder only the age of its record can be
 * told; and where there is no /proc, a number that was given anew looks like the old owner.
 */
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'

/** A process. */
export interface Owner {
  readonly pid: number
  readonly host: string
  /** When it began, in the system's own terms; empty where the system does not tell. */
  readonly start: string
}

/** An owner elsewhere that has not written its record for so long is gone: pauses are shorter. */
const FOREIGN_MS = 120_000

let own: Owner | undefined

/** This process. */
export function thisOwner(): Owner {
  own ??= { pid: process.pid, host: hostname(), start: startOf(process.pid) }
  return own
}

/** Whether `owner`, whose record is `ageMs` old, is still there. */
export function isAlive({ pid, host, start }: Owner, ageMs: number): boolean {
  if (host !== thisOwner().host) return ageMs < FOREIGN_MS
  try {
    process.kill(pid, 0)
  } catch (error) {
    // EPERM: it is there, and another user's.
    if ((error as { code?: string }).code === 'ESRCH') return false
  }
  return startOf(pid) === start
}

/** The boot that a process belongs to, and its start in clock ticks since then: proc(5). */
function startOf(pid: number): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The name, in parentheses, may hold anything; the start is the 20th field behind it.
    return `${boot} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`
  } catch {
    return ''
  }
}
