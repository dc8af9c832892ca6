import type { Clock } from '@ates/kit/clock';
import { hintAfterCommit } from '@ates/kit/hints';
import type { LiveViews, View } from '@ates/kit/live';
import type { Kysely, Transaction } from 'kysely';
import type { AnalyticsDay } from './domain/figures.ts';
import type { AnalyticsTables } from './tables.ts';
import { readDay } from './usecases/readFigures.ts';

const figures = 'figures';

/** What subscriptions look at. */
export interface Live {
  /** Today's figures. */
  readonly day: View<AnalyticsDay>;
}

export function openLive(
  views: LiveViews,
  { db, clock, timeZone }: { db: Kysely<AnalyticsTables>; clock: Clock; timeZone: string },
): Live {
  return {
    day: views.add({
      topic: figures,
      intervalMs: 1_000,
      read: async ([key = '']) => new Map([[key, await readDay(db, clock, timeZone, null)]]),
      tell: (told: AnalyticsDay | undefined, now) =>
        told && JSON.stringify(told) === JSON.stringify(now) ? [] : [now],
    }),
  };
}

/** Tells that some figure has changed; bulk, since they are shown once a second at most. */
export function hintFigures(trx: Transaction<AnalyticsTables>): void {
  hintAfterCommit(trx, { topic: figures, keys: null, lane: 'bulk' });
}
