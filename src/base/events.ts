/**
 * What a room tells while it works: values, never sentences. Each room names its own events in an `events.ts`;
 * the command line makes text of them (src/cli/events), and a program that uses duplifs as a library what it likes.
 */

/**
 * `error`: something that was asked for failed. `warning`: something is not as it should be, and somebody should
 * know. The others in the order of interest.
 */
export type EventLevel = 'error' | 'warning' | 'notice' | 'info' | 'debug';

/** What all events have in common; the data of each are further properties. */
export interface RoomEvent {
  readonly level: EventLevel;
  /** Kebab-case, of one room, and stable: programs may rely on it. */
  readonly code: string;
}

/** Takes events as they come. Must not throw. */
export type Report<E extends RoomEvent> = (event: E) => void;
