import type { FactsOutcome } from './apply.ts';

/** After so many events in a row that the database refuses for one reason, their kind waits. */
export const refusalsUntilWait = 5;

/**
 * Which kinds of events (by name and version) a consumer applies at once, and which wait.
 *
 * A kind *flows*: its events are applied at once, and single facts that are refused become dead letters. When the database
 * has refused five of its events in a row, each as a whole and all for the same reason, the database is most likely wrong,
 * as after a roll-out in the wrong order. Then the kind *waits*: its events are held in the consumer's database, the queue
 * flows on for all other kinds, and the oldest held event is tried every 30 s. When one is applied, or when an admin has
 * discarded all of them, the kind flows again. A refusal by a rule is about the fact and never makes a kind wait.
 *
 * `holds` tells this process of events that another process holds.
 */
export class EventKinds {
  readonly #inARow = new Map<string, { reason: string; count: number }>();
  /** The kinds that wait, and whether held events of each have been seen. */
  readonly #waiting = new Map<string, { held: boolean }>();

  /** True while events of this kind have to be held. */
  waits(event: string): boolean {
    return this.#waiting.has(event);
  }

  /**
   * Notes the result of an event of this kind.
   * @returns true where the kind begins to wait.
   */
  note(event: string, { applied, refusedBecause: reason }: FactsOutcome): boolean {
    if (applied > 0) this.#waiting.delete(event);
    if (applied > 0 || reason === undefined) {
      this.#inARow.delete(event);
      return false;
    }
    const before = this.#inARow.get(event);
    const count = before?.reason === reason ? before.count + 1 : 1;
    this.#inARow.set(event, { reason, count });
    if (count < refusalsUntilWait || this.#waiting.has(event)) return false;
    this.#waiting.set(event, { held: false });
    return true;
  }

  /** Notes that this process holds an event of this kind. */
  holding(event: string): void {
    this.#waiting.set(event, { held: true });
  }

  /** Takes over which kinds have held events: these wait, and a kind whose held events are gone flows again. */
  holds(events: ReadonlySet<string>): void {
    for (const event of events) this.holding(event);
    for (const [event, { held }] of this.#waiting) {
      if (!held || events.has(event)) continue;
      this.#waiting.delete(event);
      this.#inARow.delete(event);
    }
  }
}
