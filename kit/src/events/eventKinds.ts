import type { FactsOutcome } from './apply.ts';

/** So many events in a row that the database refuses for one reason make their kind wait. */
export const refusalsUntilWait = 5;

/**
 * Which kinds of events (by name and version) one consumer applies as they come, and which have to wait.
 *
 * A kind *flows*: its events are applied as they come, and single facts that are refused become dead letters. When five
 * of its events in a row have been refused as a whole, by the database and for the same reason, it is most likely the
 * database that is wrong, such as after a roll-out in the wrong order. The kind then *waits*: its events are held in the
 * consumer's own database, so that the queue flows on for all other kinds, and the oldest of them is tried now and then.
 * When one is applied, or when no held event is left because an admin has discarded them, the kind flows again. A rule
 * that refuses says something about the fact and never makes a kind wait.
 *
 * A process learns of events that another one holds by `holds`.
 */
export class EventKinds {
  readonly #inARow = new Map<string, { reason: string; count: number }>();
  /** Of each kind that waits, whether events of it were seen to be held. */
  readonly #waiting = new Map<string, { held: boolean }>();

  /** True while events of this kind are to be held. */
  waits(event: string): boolean {
    return this.#waiting.has(event);
  }

  /**
   * Notes what became of an event of this kind.
   * @returns true where the kind waits from now on, and did not before.
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

  /** An event of this kind is held by this process. */
  holding(event: string): void {
    this.#waiting.set(event, { held: true });
  }

  /** Takes over which kinds have held events now: those wait, and one whose held events are gone flows again. */
  holds(events: ReadonlySet<string>): void {
    for (const event of events) this.holding(event);
    for (const [event, { held }] of this.#waiting) {
      if (!held || events.has(event)) continue;
      this.#waiting.delete(event);
      this.#inARow.delete(event);
    }
  }
}
