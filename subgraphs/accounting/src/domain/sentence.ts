/** Returns a task's name in a sentence: `"[POPUG-42] Clean the cage"`. */
const nameOf = ({ title, jiraId }: { title: string; jiraId: string | null }) =>
  jiraId === null ? `"${title}"` : `"[${jiraId}] ${title}"`;

/** The audit log's sentences (rule 9). They are stored with the entry and never change. */
export const feeSentence = (task: { title: string; jiraId: string | null }): string =>
  `Fee for being assigned ${nameOf(task)}`;
export const rewardSentence = (task: { title: string; jiraId: string | null }): string =>
  `Reward for resolving ${nameOf(task)}`;
export const payoutSentence = (day: string): string => `Wages for ${day} paid out`;
