import { expect, test } from 'vitest';
import { cloneDatabase, openTestDatabase, workOn } from '../../../tests/support/databases.ts';
import type { TrackerTables } from '../src/tables.ts';
import { createTask } from '../src/usecases/createTask.ts';

test('a key whose task is gone fails, and makes no second task', async () => {
  const db = openTestDatabase<TrackerTables>(await cloneDatabase('tracker'));
  const database = workOn(db);
  const kiwi = '0000000a-0000-7000-8000-000000000001';
  const put = () =>
    createTask(database, { below: () => 0 }, kiwi, {
      title: 'Clean the cage',
      jiraId: null,
      description: '',
      idempotencyKey: 'once',
    });
  const tasks = async () => (await db.selectFrom('task').select('id').execute()).length;
  try {
    await db
      .insertInto('user_copy')
      .values({ id: kiwi, version: 1, role: 'EMPLOYEE', active: true })
      .execute();
    const first = await put();
    expect(await put()).toEqual(first);
    expect(await tasks()).toBe(1);
    await db.deleteFrom('task').execute();
    await expect(put()).rejects.toThrow(/is gone/);
    expect(await tasks()).toBe(0);
  } finally {
    await db.destroy();
  }
});
