import { Refusal } from '@ates/kit/process/refusal';

/** A task with its assignee; a done task has the one who resolved it. */
export interface Task {
  readonly id: string;
  readonly title: string;
  readonly jiraId: string | null;
  readonly description: string;
  readonly creatorId: string;
  readonly createdAt: Date;
  readonly resolvedAt: Date | null;
  readonly assigneeId: string;
  readonly assignmentId: string;
  readonly assignedAt: Date;
}

/** One draw of an assignee for a task. */
export interface Assignment {
  readonly id: string;
  readonly taskId: string;
  readonly assigneeId: string;
  readonly assignedAt: Date;
  /** Null where it came with the task's creation. */
  readonly reassignmentId: string | null;
}

/** A user, of whom tracker's graph has the id only. */
export interface UserReference {
  readonly id: string;
}

export type TaskStatus = 'IN_PROGRESS' | 'DONE';

export const statusOf = (task: Task): TaskStatus => (task.resolvedAt ? 'DONE' : 'IN_PROGRESS');

/** The texts that a user typed for a new task. */
export interface TaskText {
  readonly title: string;
  readonly jiraId: string | null;
  readonly description: string;
}

/** The most characters of a title, of a Jira id and of a description. */
export const maxLengths = { title: 200, jiraId: 40, description: 10_000 };

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const controlCharacters = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: the same, but for tabs and line breaks
const controlCharactersInText = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/;

const refuse = (message: string) => new Refusal('BAD_USER_INPUT', message);
const lengthOf = (text: string) => [...text].length;

/**
 * Checks a new task's texts and splits `[POPUG-42] - Clean the cage` into Jira id and title (rule 3).
 * @throws Refusal BAD_USER_INPUT with a sentence that says what to change.
 */
export function parseTaskText(typed: TaskText): TaskText {
  const split = /^\[([^[\]]*)\]\s*(?:-\s*)?(.*)$/s.exec(typed.title.trim());
  const title = (split?.[2] ?? typed.title).trim();
  const given = typed.jiraId?.trim() || null;
  const bracketed = split?.[1]?.trim() || null;
  if (title === '') throw refuse('The title is empty. Say in a few words what is to be done.');
  if (lengthOf(title) > maxLengths.title)
    throw refuse(
      `The title is longer than ${maxLengths.title} characters. Put the details into the description.`,
    );
  if (controlCharacters.test(title))
    throw refuse('The title contains control characters, such as a line break. Leave them out.');
  if (/[[\]]/.test(title))
    throw refuse(
      'The title contains [ or ]. Put a Jira id into its own field, or in front: "[POPUG-42] - Clean the cage".',
    );
  if (split && !bracketed)
    throw refuse(
      'The brackets in front of the title are empty. Put the Jira id between them, or leave them out.',
    );
  if (given && bracketed && given !== bracketed)
    throw refuse(`The title names ${bracketed} and the Jira id is ${given}. Give one of them.`);
  const jiraId = given ?? bracketed;
  if (
    jiraId &&
    (lengthOf(jiraId) > maxLengths.jiraId || /[\s[\]]/.test(jiraId) || controlCharacters.test(jiraId))
  ) {
    throw refuse(
      `A Jira id looks like POPUG-42: at most ${maxLengths.jiraId} characters, without spaces or brackets.`,
    );
  }
  if (lengthOf(typed.description) > maxLengths.description)
    throw refuse(`The description is longer than ${maxLengths.description} characters. Shorten it.`);
  if (controlCharactersInText.test(typed.description))
    throw refuse('The description contains control characters. Leave them out.');
  return { title, jiraId, description: typed.description };
}

/**
 * Refuses to resolve a task unless the caller is its assignee and it is open (rule 5).
 * @throws Refusal NOT_FOUND; FORBIDDEN for another's task, open or done; CONFLICT where it is done.
 */
export function refuseToResolve(task: Task | undefined, callerId: string): asserts task is Task {
  if (!task) throw new Refusal('NOT_FOUND', 'There is no such task.');
  if (task.assigneeId !== callerId)
    throw new Refusal(
      'FORBIDDEN',
      'Only the assignee can resolve a task, and this one is not assigned to you.',
    );
  if (task.resolvedAt) throw new Refusal('CONFLICT', 'This task has been resolved already.');
}

/** The refusal where no user is eligible for a draw (rules 4 and 6). */
export const nobodyEligible = () =>
  new Refusal(
    'NO_ELIGIBLE_ASSIGNEE',
    'There is nobody to give tasks to: every active user is a manager or an admin.',
  );
