import { CriticalityLevel, diff } from '@graphql-inspector/core';
import { buildSchema } from 'graphql';
import type { AcceptedChange } from './acceptedBreakingChanges.ts';
import { apiFile } from './composition.ts';
import { committedStates, git } from './gitHistory.ts';

const acceptedFile = 'schema/scripts/acceptedBreakingChanges.ts';

/** What comes of comparing the API schema with earlier states of it, one sentence each. */
export interface ApiComparison {
  /** Breaking changes that are not accepted, and accepted ones without a reason. */
  readonly problems: readonly string[];
  /** Accepted changes that are not among the changes. */
  readonly stale: readonly string[];
}

/**
 * Finds what breaks a client that was written for an earlier state of the API schema. What a client may notice without
 * breaking, such as a new value of an enum, is no problem.
 * @param earlier the API schemas to compare with
 */
export async function compareApi(
  earlier: readonly string[],
  now: string,
  accepted: readonly AcceptedChange[],
): Promise<ApiComparison> {
  const schema = buildSchema(now);
  const breaking = new Set<string>();
  for (const sdl of earlier) {
    for (const { criticality, message } of await diff(buildSchema(sdl), schema))
      if (criticality.level === CriticalityLevel.Breaking) breaking.add(message);
  }
  const isAccepted = (message: string) => accepted.some(({ change }) => change === message);
  return {
    problems: [
      ...[...breaking]
        .filter((message) => !isAccepted(message))
        .map(
          (message) =>
            `${apiFile} breaks clients: ${message}. Undo it, or list it in ${acceptedFile} with a reason.`,
        ),
      ...accepted
        .filter(({ reason }) => reason.trim() === '')
        .map(({ change }) => `${acceptedFile} gives no reason for: ${change}.`),
    ],
    stale: accepted
      .filter(({ change }) => !breaking.has(change))
      .map(({ change }) => `${acceptedFile} lists what has not changed, so delete it: ${change}.`),
  };
}

/** The committed states of the API schema. */
export interface ApiHistory {
  /** Those that differ from the present one. */
  readonly earlier: readonly string[];
  /** False where git does not have all commits, or is missing. */
  readonly isComplete: boolean;
  /** Says what there was to compare with. */
  readonly sentence: string;
}

/**
 * Returns the states of the API schema to compare with: every committed one, so that a change is found even after its
 * commit, and also when another change follows it. Without git, or in a shallow clone, there are fewer or none.
 */
export function apiHistory(root: URL, now: string): ApiHistory {
  let states: string[] = [];
  let gap: string | undefined;
  try {
    states = committedStates(root, apiFile);
    if (git(root, 'rev-parse', '--is-shallow-repository').trim() === 'true') gap = 'the clone is shallow';
  } catch {
    gap = 'there is no git history here';
  }
  const earlier = [...new Set(states)].filter((state) => state !== now);
  const compared =
    earlier.length === 0
      ? `There is no earlier state of ${apiFile} to compare with`
      : `${apiFile} was compared with ${earlier.length} earlier state${earlier.length === 1 ? '' : 's'}`;
  return { earlier, isComplete: gap === undefined, sentence: `${compared}${gap ? `: ${gap}` : ''}.` };
}
