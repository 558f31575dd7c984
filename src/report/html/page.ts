/**
 * The page: takes its data from the block in it, and draws itself. Everything is in the one file that
 * scripts/build.js makes of this folder; nothing is loaded.
 */
import type { ReportData } from './data.ts'
import { failures } from './failures.ts'
import { hosts } from './hosts.ts'
import { tasksOf } from './tasks.ts'
import { throughput } from './throughput.ts'
import { totals } from './totals.ts'
import { View } from './view.ts'
import { Waterfall } from './waterfall.ts'

const data = JSON.parse(document.getElementById('data')!.textContent) as ReportData
const page = document.getElementById('page')!
const tasks = tasksOf(data)
const view = new View(data.seconds * 1000)

page.append(totals(data))
if (tasks.length > 0) {
  const parts = [
    failures(tasks),
    throughput(data, view),
    new Waterfall(tasks, data.stages, view).element,
    hosts(tasks),
  ]
  page.append(...parts.filter((part) => part !== undefined))
}
