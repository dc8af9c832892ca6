import type { UnitOfWork } from '@ates/kit/database/unitOfWork';
import { dayOf } from '@ates/kit/process/calendar';
import { hintFigures } from '../live.ts';
import { addToTaskDays, insertFacts, type TaskCounter } from '../repository.ts';
import type { AnalyticsTables, FactKind } from '../tables.ts';

/** Counts facts about tasks, each once by its key, in the calendar day of the fact (rule 14). */
export async function countByDay(
  work: UnitOfWork<AnalyticsTables>,
  counter: TaskCounter,
  kind: FactKind,
  facts: { ids: readonly string[]; occurredAt: readonly string[] },
  timeZone: string,
): Promise<void> {
  const days = facts.occurredAt.map((moment) => dayOf(moment, timeZone));
  const fresh = await insertFacts(work.trx, kind, facts.ids);
  const counts = new Map<string, number>();
  facts.ids.forEach((id, at) => {
    const day = days[at] as string;
    // Deleted, so that a key that is twice in the batch counts once.
    if (fresh === null || fresh.delete(id)) counts.set(day, (counts.get(day) ?? 0) + 1);
  });
  if (counts.size === 0) return;
  await addToTaskDays(work.trx, counter, counts);
  hintFigures(work);
}
