/** A task, by id: tracker has everything but its price. */
export interface TaskReference {
  readonly id: string;
}

/** A user, by id: auth has everything but their account. */
export interface UserReference {
  readonly id: string;
}
