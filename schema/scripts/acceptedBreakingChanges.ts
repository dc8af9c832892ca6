/** A change of the API schema that breaks clients, and is meant. */
export interface AcceptedChange {
  /** As `npm run check` prints it, such as `Field 'User.name' changed type from 'String!' to 'String'`. */
  readonly change: string;
  /** Why it cannot be done without breaking clients, and what they do instead. */
  readonly reason: string;
}

/** The breaking changes that `npm run check` accepts. They stay here for as long as the history has the graph before them. */
export const acceptedBreakingChanges: readonly AcceptedChange[] = [];
