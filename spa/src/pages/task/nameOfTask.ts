/** The name of a task in a sentence: `[POPUG-42] Clean the cage`. */
export const nameOfTask = ({ title, jiraId }: { title: string; jiraId: string | null }): string =>
  jiraId === null ? title : `[${jiraId}] ${title}`;
