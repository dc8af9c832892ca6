/** The callers: one who is not signed in ('nobody'), and a user of each role. */
export const askers = ['nobody', 'EMPLOYEE', 'ACCOUNTANT', 'MANAGER', 'ADMIN'] as const;
export type Asker = (typeof askers)[number];

/** Their answers: a value, null without an error, or an error of this code. */
export type Outcome = 'ok' | 'null' | 'UNAUTHENTICATED' | 'FORBIDDEN';
export type AccessRow = Readonly<Record<Asker, Outcome>>;

const row = (
  nobody: Outcome,
  EMPLOYEE: Outcome,
  ACCOUNTANT: Outcome,
  MANAGER: Outcome,
  ADMIN: Outcome,
): AccessRow => ({ nobody, EMPLOYEE, ACCOUNTANT, MANAGER, ADMIN });

const anybody = row('ok', 'ok', 'ok', 'ok', 'ok');
const signedIn = row('UNAUTHENTICATED', 'ok', 'ok', 'ok', 'ok');
const managersAndAdmins = row('UNAUTHENTICATED', 'FORBIDDEN', 'FORBIDDEN', 'ok', 'ok');
const accountantsAndAdmins = row('UNAUTHENTICATED', 'FORBIDDEN', 'ok', 'FORBIDDEN', 'ok');
const admins = row('UNAUTHENTICATED', 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'ok');
const nobodyAtAll = row('UNAUTHENTICATED', 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN');
const shownToManagersAndAdmins = row('UNAUTHENTICATED', 'null', 'null', 'ok', 'ok');
const shownToAccountantsAndAdmins = row('UNAUTHENTICATED', 'null', 'ok', 'null', 'ok');

/**
 * 'Who may read what' (docs/rules.md), and who may do what. Every query and mutation has a row, and so has every
 * other field whose answer depends on the caller. Where it depends on whose data it is, each case has a row, in
 * brackets.
 */
export const accessTable: Readonly<Record<string, AccessRow>> = {
  // auth
  'Query.me': signedIn,
  'Query.user': signedIn,
  'Query.users': managersAndAdmins,
  'User.id, name, role, active': signedIn,
  'User.login (own)': signedIn,
  "User.login (another's)": shownToManagersAndAdmins,
  'User.createdAt (own)': signedIn,
  "User.createdAt (another's)": shownToManagersAndAdmins,
  'User.email (own)': signedIn,
  "User.email (another's)": shownToAccountantsAndAdmins,
  'Mutation.login': anybody,
  'Mutation.refreshSession': anybody,
  'Mutation.logout': signedIn,
  'Mutation.createAccount': admins,
  'Mutation.changeRole': admins,
  'Mutation.deactivateUser': admins,
  'Mutation.reactivateUser': admins,
  'Mutation.resetBeakShape': admins,
  'Mutation.changeEmail': admins,

  // tracker
  'Query.node': signedIn,
  'Query.task': signedIn,
  'Query.tasks': signedIn,
  'Query.myTasks': signedIn,
  'Query.reassignment': signedIn,
  'Query.reassignments': signedIn,
  'Query.trackerDeadLetters': admins,
  'Query.trackerHeldEvents': admins,
  'User.tasks (own)': signedIn,
  "User.tasks (another's)": signedIn,
  'User.openTaskCount (own)': signedIn,
  "User.openTaskCount (another's)": signedIn,
  'Mutation.createTask': signedIn,
  // The assignee resolves the task, whatever their role by then.
  'Mutation.resolveTask (own)': signedIn,
  "Mutation.resolveTask (another's)": nobodyAtAll,
  'Mutation.reassignTasks': managersAndAdmins,
  'Mutation.cancelReassignment': managersAndAdmins,
  'Mutation.resendTrackerDeadLetter': admins,
  'Mutation.resendTrackerDeadLetters': admins,
  'Mutation.discardTrackerDeadLetter': admins,
  'Mutation.discardTrackerDeadLetters': admins,
  'Mutation.discardTrackerHeldEvent': admins,

  // accounting
  'Task.assignmentFee': signedIn,
  'Task.completionReward': signedIn,
  'User.account (own)': signedIn,
  "User.account (another's)": shownToAccountantsAndAdmins,
  'Query.myAccount': signedIn,
  'Query.account (own)': signedIn,
  "Query.account (another's)": accountantsAndAdmins,
  'Query.accounts': accountantsAndAdmins,
  'Query.companyDay': accountantsAndAdmins,
  'Query.companyDays': accountantsAndAdmins,
  'Query.company': signedIn,
  'Query.payoutRuns': accountantsAndAdmins,
  'Query.payoutRun': accountantsAndAdmins,
  'Query.ledgerAudit': admins,
  'Query.accountingDeadLetters': admins,
  'Query.accountingHeldEvents': admins,
  'Mutation.closeDay': admins,
  'Mutation.resendAccountingDeadLetter': admins,
  'Mutation.resendAccountingDeadLetters': admins,
  'Mutation.discardAccountingDeadLetter': admins,
  'Mutation.discardAccountingDeadLetters': admins,
  'Mutation.discardAccountingHeldEvent': admins,

  // analytics
  'Query.analyticsDay': admins,
  'Query.analyticsDays': admins,
  'Query.mostExpensiveTask': admins,
  'Query.analyticsDeadLetters': admins,
  'Query.analyticsHeldEvents': admins,
  'Mutation.resendAnalyticsDeadLetter': admins,
  'Mutation.resendAnalyticsDeadLetters': admins,
  'Mutation.discardAnalyticsDeadLetter': admins,
  'Mutation.discardAnalyticsDeadLetters': admins,
  'Mutation.discardAnalyticsHeldEvent': admins,
};
