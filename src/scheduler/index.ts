/**
 * `gdl/scheduler`: lightweight tasks on an event loop of timers and io, after gevent and libev.
 *
 * Reading order: `operation.ts`, `greenlet.ts`, `hub.ts`, `loop.ts`, `watcher.ts`, then any primitive.
 */
export { type Clock, NodeClock } from './clock.ts'
export {
  BlockingSwitchOutError,
  ConcurrentObjectUseError,
  GreenletExit,
  Interrupted,
  InvalidSwitchError,
  LoopExit,
} from './errors.ts'
export { Event } from './event.ts'
export { rethrowExit } from './exits.ts'
export { Greenlet } from './greenlet.ts'
export { getcurrent, getHub, Hub } from './hub.ts'
export { joinall, type JoinOptions, killall } from './join.ts'
export type { ResultTarget } from './links.ts'
export { type Callback, Loop } from './loop.ts'
export type { Body, Operation, Wait } from './operation.ts'
export { Group, Pool } from './pool.ts'
export { run, type RunOptions } from './run.ts'
export { Semaphore } from './semaphore.ts'
export { idle, sleep } from './sleep.ts'
export { spawn, spawnLater } from './spawn.ts'
export { Timeout, type TimeoutError, withTimeout } from './timeout.ts'
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
