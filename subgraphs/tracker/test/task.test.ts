import type { Refusal } from '@ates/kit/process/refusal';
import { describe, expect, test } from 'vitest';
import { maxLengths, nobodyEligible, parseTaskText, refuseToResolve, type Task } from '../src/domain/task.ts';

const parse = (title: string, jiraId: string | null = null, description = '') =>
  parseTaskText({ title, jiraId, description });
const codeOf = (run: () => unknown) => {
  try {
    run();
  } catch (error) {
    return (error as Refusal).code;
  }
  return 'OK';
};

describe('the text of a task (rule 3)', () => {
  test.each([
    ['[POPUG-42] - Clean the cage', 'POPUG-42', 'Clean the cage'],
    ['[POPUG-42] Clean the cage', 'POPUG-42', 'Clean the cage'],
    ['[POPUG-42]Clean - the cage', 'POPUG-42', 'Clean - the cage'],
    ['  [ POPUG-42 ]   -   Clean the cage  ', 'POPUG-42', 'Clean the cage'],
    ['POPUG-42 - Clean the cage', null, 'POPUG-42 - Clean the cage'],
    ['- Clean the cage', null, '- Clean the cage'],
  ])('%j is Jira id %j and title %j', (typed, jiraId, title) => {
    expect(parse(typed)).toEqual({ title, jiraId, description: '' });
  });

  test('a Jira id in its own field counts, and the one in the title may say the same', () => {
    expect(parse('Clean', ' POPUG-42 ')).toMatchObject({ title: 'Clean', jiraId: 'POPUG-42' });
    expect(parse('[POPUG-42] Clean', 'POPUG-42')).toMatchObject({ title: 'Clean', jiraId: 'POPUG-42' });
    expect(parse('Clean', '   ')).toMatchObject({ jiraId: null });
    expect(() => parse('[POPUG-42] Clean', 'POPUG-7')).toThrow(/names POPUG-42 and the Jira id is POPUG-7/);
  });

  test.each([
    ['an empty title', '   ', null, ''],
    ['a Jira id without a title', '[POPUG-42] - ', null, ''],
    ['empty brackets', '[] Clean', null, ''],
    ['brackets in a title', 'Clean [the] cage', null, ''],
    ['two Jira ids', '[A-1] [A-2] Clean', null, ''],
    ['a line break in a title', 'Clean\nthe cage', null, ''],
    ['a title that is too long', 'x'.repeat(maxLengths.title + 1), null, ''],
    ['a Jira id with a space', 'Clean', 'POPUG 42', ''],
    ['a Jira id that is too long', 'Clean', 'P'.repeat(maxLengths.jiraId + 1), ''],
    ['a NUL in a description', 'Clean', null, 'a\u0000b'],
    ['a description that is too long', 'Clean', null, 'x'.repeat(maxLengths.description + 1)],
  ])('%s is refused', (_, title, jiraId, description) => {
    expect(codeOf(() => parse(title, jiraId, description))).toBe('BAD_USER_INPUT');
  });

  test('lengths count characters, not the units they are stored in; a description may have lines', () => {
    const parrots = '🦜'.repeat(maxLengths.title);
    expect(parse(`[P-1] ${parrots}`, null, 'one\n\ttwo')).toEqual({
      title: parrots,
      jiraId: 'P-1',
      description: 'one\n\ttwo',
    });
  });
});

describe('who resolves a task (rule 5)', () => {
  const task = (resolvedAt: Date | null) => ({ assigneeId: 'kiwi', resolvedAt }) as Task;
  test.each([
    ['its assignee does', task(null), 'kiwi', 'OK'],
    ['its assignee does once', task(new Date()), 'kiwi', 'CONFLICT'],
    ['somebody else does not', task(null), 'rio', 'FORBIDDEN'],
    ['somebody else does not when it is done either', task(new Date()), 'rio', 'FORBIDDEN'],
    ['nobody resolves what there is not', undefined, 'kiwi', 'NOT_FOUND'],
  ])('%s', (_, given, callerId, code) => {
    expect(codeOf(() => refuseToResolve(given, callerId))).toBe(code);
  });
});

test('where nobody is eligible, one sentence is right for a task that is put up and for a reassignment', () => {
  expect(nobodyEligible()).toMatchObject({
    code: 'NO_ELIGIBLE_ASSIGNEE',
    message: 'There is nobody to give tasks to: every active user is a manager or an admin.',
  });
});
