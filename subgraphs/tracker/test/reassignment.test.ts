import { describe, expect, test } from 'vitest';
import { drawOneOf } from '../src/domain/draw.ts';
import { decidePress, type OnRunning, type Reassignment } from '../src/domain/reassignment.ts';

describe('a press of reassign (rule 6)', () => {
  const run = (id: string) => ({ id }) as Reassignment;
  const running = run('running');
  const queued = run('queued');
  const press = (on: OnRunning, found: { running?: Reassignment; queued?: Reassignment }, locked = true) => {
    const { existing, supersede } = decidePress(on, {
      running: found.running,
      queued: found.queued,
      isRunningLocked: locked,
    });
    return [existing?.id ?? 'new', supersede?.id ?? 'nothing'];
  };

  test.each<[OnRunning, string, string[]]>([
    ['JOIN', 'none', ['new', 'nothing']],
    ['JOIN', 'queued', ['queued', 'nothing']],
    ['JOIN', 'running', ['running', 'nothing']],
    ['JOIN', 'both', ['running', 'nothing']],
    ['QUEUE', 'none', ['new', 'nothing']],
    ['QUEUE', 'queued', ['queued', 'nothing']],
    ['QUEUE', 'running', ['new', 'nothing']],
    ['QUEUE', 'both', ['queued', 'nothing']],
    ['SUPERSEDE', 'none', ['new', 'nothing']],
    ['SUPERSEDE', 'queued', ['queued', 'nothing']],
    ['SUPERSEDE', 'running', ['new', 'running']],
    ['SUPERSEDE', 'both', ['queued', 'running']],
  ])('%s with %s under way answers with and stops %j', (on, found, outcome) => {
    const found_ = {
      ...(found === 'running' || found === 'both' ? { running } : {}),
      ...(found === 'queued' || found === 'both' ? { queued } : {}),
    };
    expect(press(on, found_)).toEqual(outcome);
  });

  test('SUPERSEDE does not stop a run that has started since the press', () => {
    expect(press('SUPERSEDE', { running }, false)).toEqual(['running', 'nothing']);
    expect(press('SUPERSEDE', { running, queued }, false)).toEqual(['running', 'nothing']);
  });
});

describe('a draw (rule 4)', () => {
  test('asks chance for one of as many as there are, and takes what it says', () => {
    const asked: number[] = [];
    const random = { below: (bound: number) => asked.push(bound) && bound - 1 };
    expect([drawOneOf(1, random), drawOneOf(7, random)]).toEqual([0, 6]);
    expect(asked).toEqual([1, 7]);
  });

  test('falls to nobody where there is nobody', () => {
    const random = { below: () => expect.unreachable('there is nothing to draw') };
    expect(drawOneOf(0, random)).toBeUndefined();
  });
});
