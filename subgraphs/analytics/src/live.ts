import type { ServiceDatabase, UnitOfWork } from '@ates/kit/database/unitOfWork';
import type { LiveViews, View } from '@ates/kit/live/liveViews';
import type { AnalyticsDay } from './domain/figures.ts';
import type { AnalyticsTables } from './tables.ts';
import { readDay } from './usecases/readFigures.ts';

const figures = 'figures';

/** Analytics' live views. */
export interface Live {
  /** Today's figures. */
  readonly day: View<AnalyticsDay>;
}

export function openLive(
  views: LiveViews,
  database: ServiceDatabase<AnalyticsTables>,
  timeZone: string,
): Live {
  return {
    day: views.add({
      topic: figures,
      intervalMs: 1_000,
      read: async ([key = '']) => new Map([[key, await readDay(database, timeZone, null)]]),
      tell: (told: AnalyticsDay | undefined, now) =>
        told && JSON.stringify(told) === JSON.stringify(now) ? [] : [now],
    }),
  };
}

/** Hints that the figures have changed; bulk, since they are shown once a second at most. */
export function hintFigures(work: UnitOfWork<AnalyticsTables>): void {
  work.hint(figures, null, 'bulk');
}
