/**
 * `gdl/scheduler`: lightweight tasks on an event loop of timers and io, after gevent and libev.
 *
 * Reading order: `operation.ts`, `outcome.ts`, `scheduled.ts`, `greenlet.ts`, `hub.ts`, `loop.ts`,
 * `watcher.ts`, `waiters.ts`, then any primitive. docs/scheduler.md says what all of it promises.
 */
export { assertSwitches, type SwitchLimits } from './assert-switches.ts'
export { AsyncResult } from './async-result.ts'
export { BoundedSemaphore } from './bounded-semaphore.ts'
export type { Callback } from './callback.ts'
export { Channel } from './channel.ts'
export { type Clock, NodeClock } from './clock.ts'
export { setDebug } from './debug.ts'
export {
  BlockingSwitchOutError,
  ConcurrentObjectUseError,
  Empty,
  Full,
  GreenletExit,
  Interrupted,
  InvalidSwitchError,
  LoopExit,
  PoolFull,
  ShutDown,
} from './errors.ts'
export { Event } from './event.ts'
export { rethrowExit } from './exits.ts'
export { Greenlet } from './greenlet.ts'
export { Group } from './group.ts'
export { describe, getcurrent, getHub, Hub } from './hub.ts'
export type { ImapOptions } from './imap.ts'
export { joinall, type JoinOptions, killall } from './join.ts'
export { JoinableQueue } from './joinable-queue.ts'
export type { ResultTarget } from './links.ts'
export { Local } from './local.ts'
export { Loop } from './loop.ts'
export type { LoopRunOptions } from './loop-runs.ts'
export { type Blocked, Monitor, type MonitorOptions } from './monitor.ts'
export { type Nursery, nursery } from './nursery.ts'
export type { Body, Operation, Wait } from './operation.ts'
export { Pool } from './pool.ts'
export { Queue } from './queue.ts'
export { LifoQueue, PriorityQueue } from './queues.ts'
export { RLock } from './rlock.ts'
export { run, type RunOptions } from './run.ts'
export { formatRunInfo } from './run-info.ts'
export { Semaphore } from './semaphore.ts'
export { idle, sleep } from './sleep.ts'
export { spawn, spawnLater } from './spawn.ts'
export type { Compare } from './storage.ts'
export { Timeout, type TimeoutError, withTimeout } from './timeout.ts'
export { addTracer, setTrace, type TraceCallback, type Tracer } from './trace.ts'
export { iwait, type Linkable, type Steps, wait, type WaitOptions } from './wait.ts'
export { Waiter } from './waiter.ts'
export type {
  AsyncWatcher,
  IoWatcher,
  PhaseWatcher,
  Priority,
  SignalWatcher,
  TimerWatcher,
  Watcher,
} from './watcher.ts'
