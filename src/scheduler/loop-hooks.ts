/**
 * What a loop tells whoever sits on it. A loop knows no greenlets; its hub listens here.
 */

/** What a loop tells its hub. */
export interface LoopHooks {
  /** Does `turn`, as the hub that is active meanwhile. */
  turn(turn: () => void): void
  /** Nothing is left that could make anything happen. */
  dry(): void
  /** A callback threw; the loop goes on. */
  error(context: unknown, error: unknown): void
}

/** The hooks of a loop without a hub: an error of a callback ends the turn. */
export const SILENT: LoopHooks = {
  turn(turn) {
    turn()
  },
  dry() {},
  error(_context, error) {
    throw error
  },
}
