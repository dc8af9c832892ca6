/** A task as accounting names it: everything but its price is the tracker's. */
export interface TaskReference {
  readonly id: string;
}

/** A user as accounting names them: everything but their account is auth's. */
export interface UserReference {
  readonly id: string;
}
