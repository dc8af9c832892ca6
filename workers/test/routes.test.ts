import { onEvent } from '@ates/kit/events/handlers';
import { wagesPaid } from '@ates/schema/events/accounting.wages_paid.v1';
import { usersChanged } from '@ates/schema/events/auth.users_changed.v1';
import { expect, test } from 'vitest';
import { checkHandlers } from '../src/routes.ts';

const nothing = async () => undefined;
const paid = onEvent<unknown, typeof wagesPaid>(wagesPaid, nothing);
const changed = onEvent<unknown, typeof usersChanged>(usersChanged, nothing);

/** The mailer is sent `wagesPaid` and nothing else. */
test.each([
  ['none', [], /mailer has no handler for accounting\.wages_paid\.v1/],
  ['two for one event', [paid, paid], /mailer has superfluous handlers for accounting\.wages_paid\.v1/],
  ['one for an event that is not sent to it', [paid, changed], /superfluous .* auth\.users_changed\.v1/],
])('a consumer with handlers that do not fit does not start: %s', (_, handlers, sentence) => {
  expect(() => checkHandlers('mailer', handlers)).toThrow(sentence);
});

test('a consumer with one handler for each of its events starts', () => {
  expect(checkHandlers('mailer', [paid])).toEqual([paid]);
});
