/* Generated from schema/sdl/accounting.graphql by `npm run generate`. */
import type { GraphQLResolveInfo, GraphQLScalarType, GraphQLScalarTypeConfig } from 'graphql';
import type { TaskReference as OwnTaskReference, UserReference as OwnUserReference } from '../domain/references.ts';
import type { Account as OwnAccount, LedgerEntry as OwnLedgerEntry, AccountDay as OwnAccountDay, AccountNow as OwnAccountNow } from '../domain/account.ts';
import type { Payout as OwnPayout, PayoutRun as OwnPayoutRun } from '../domain/payout.ts';
import type { CompanyDay as OwnCompanyDay } from '../domain/company.ts';
import type { Context } from '../context.ts';
export type Maybe<T> = T | null;
export type InputMaybe<T> = Maybe<T>;
export type Omit<T, K extends keyof T> = Pick<T, Exclude<keyof T, K>>;
export type RequireFields<T, K extends keyof T> = Omit<T, K> & { [P in K]-?: NonNullable<T[P]> };
/** All built-in and custom scalars, mapped to their actual values */
export type Scalars = {
  ID: { input: string; output: string; }
  String: { input: string; output: string; }
  Boolean: { input: boolean; output: boolean; }
  Int: { input: number; output: number; }
  Float: { input: number; output: number; }
  DateTime: { input: Date; output: Date; }
  /** A calendar day in the company's time zone, as YYYY-MM-DD. */
  Date: { input: string; output: string; }
  /** A decimal string with two places, '-12.50'. Never a float. */
  Money: { input: number; output: number; }
  _FieldSet: { input: unknown; output: unknown; }
};

export type Task = {
  id: Scalars['ID']['output'];
  /** Charged at every assignment: 10.00 to 20.00, drawn once per task. Null only while accounting does not answer. */
  assignmentFee?: Maybe<Scalars['Money']['output']>;
  /** Paid to the user who resolves the task: 20.00 to 40.00, drawn once per task. */
  completionReward?: Maybe<Scalars['Money']['output']>;
};

export type User = {
  id: Scalars['ID']['output'];
  /** The user's ledger account. Readable by the user, accountants and admins; null for anyone else. */
  account?: Maybe<Account>;
};

export type Account = {
  /** The owner's user id. */
  id: Scalars['ID']['output'];
  owner?: Maybe<User>;
  balance: Scalars['Money']['output'];
  /** Rewards minus fees of the billing day. */
  earnedToday: Scalars['Money']['output'];
  /** Every operation, newest first. With `day`, only the operations of that day. */
  auditLog: LedgerEntryConnection;
  /** Opening balance, totals and closing balance per billing day, newest first. */
  days: AccountDayConnection;
  payouts: PayoutConnection;
};


export type AccountAuditLogArgs = {
  day?: InputMaybe<Scalars['Date']['input']>;
  first: Scalars['Int']['input'];
  after?: InputMaybe<Scalars['String']['input']>;
};


export type AccountDaysArgs = {
  first: Scalars['Int']['input'];
  after?: InputMaybe<Scalars['String']['input']>;
};


export type AccountPayoutsArgs = {
  first: Scalars['Int']['input'];
  after?: InputMaybe<Scalars['String']['input']>;
};

export type EntryKind =
  | 'ASSIGNMENT_FEE'
  | 'COMPLETION_REWARD'
  | 'PAYOUT'
  | 'REVERSAL';

/** One line of the audit log. Lines are added, and never changed or deleted. */
export type LedgerEntry = {
  id: Scalars['ID']['output'];
  kind: EntryKind;
  /** The change of the balance, with its sign. */
  amount: Scalars['Money']['output'];
  balanceAfter: Scalars['Money']['output'];
  /** The billing day that the entry counts towards. A late entry counts towards the day that is open. */
  day: Scalars['Date']['output'];
  /** When the operation happened, such as the assignment of the task. */
  occurredAt: Scalars['DateTime']['output'];
  /** When the entry was written to the ledger. */
  postedAt: Scalars['DateTime']['output'];
  /** A sentence for people, with the task's title. */
  description: Scalars['String']['output'];
  task?: Maybe<Task>;
  payout?: Maybe<Payout>;
};

export type AccountDay = {
  day: Scalars['Date']['output'];
  opening: Scalars['Money']['output'];
  fees: Scalars['Money']['output'];
  rewards: Scalars['Money']['output'];
  paidOut: Scalars['Money']['output'];
  closing: Scalars['Money']['output'];
};

export type Payout = {
  id: Scalars['ID']['output'];
  account: Account;
  day: Scalars['Date']['output'];
  amount: Scalars['Money']['output'];
  paidAt: Scalars['DateTime']['output'];
  email: EmailStatus;
};

export type EmailStatus =
  | 'PENDING'
  | 'SENT'
  /** Given up after the last try. The money was paid anyway. */
  | 'FAILED';

/** The closing of one day: every positive balance is paid out once. */
export type PayoutRun = {
  id: Scalars['ID']['output'];
  day: Scalars['Date']['output'];
  status: PayoutRunStatus;
  startedAt: Scalars['DateTime']['output'];
  finishedAt?: Maybe<Scalars['DateTime']['output']>;
  accountsTotal: Scalars['Int']['output'];
  accountsProcessed: Scalars['Int']['output'];
  payoutCount: Scalars['Int']['output'];
  paidTotal: Scalars['Money']['output'];
};

export type PayoutRunStatus =
  | 'RUNNING'
  | 'COMPLETED';

export type Company = {
  /** The time zone of the company's days, such as 'Europe/Berlin'. */
  timeZone: Scalars['String']['output'];
  /** Today's date in that time zone. */
  today: Scalars['Date']['output'];
  /** The day that new entries count towards: today, or tomorrow once today is closed. */
  billingDay: Scalars['Date']['output'];
};

/** What top management earned on a day: fees charged minus rewards paid. */
export type CompanyDay = {
  day: Scalars['Date']['output'];
  earned: Scalars['Money']['output'];
  feesCharged: Scalars['Money']['output'];
  rewardsPaid: Scalars['Money']['output'];
  paidOut: Scalars['Money']['output'];
  /** True once the day's payout run is COMPLETED. */
  closed: Scalars['Boolean']['output'];
};

/** The result of checking the ledger against itself. Admins only. */
export type LedgerAudit = {
  ok: Scalars['Boolean']['output'];
  entriesChecked: Scalars['Int']['output'];
  /** The sum of all postings, the company's side included. Zero where the books balance. */
  imbalance: Scalars['Money']['output'];
  /** Accounts whose stored balance differs from the sum of their entries. */
  mismatchedAccounts: Array<Account>;
};

export type Query = {
  /** The signed-in user's ledger account. */
  myAccount: Account;
  /** A user's ledger account, by the user's id; null where there is none. The owner, accountants and admins only. Errors: FORBIDDEN for anyone else. */
  account?: Maybe<Account>;
  /** The ledger accounts of all users. Accountants and admins only. */
  accounts: AccountConnection;
  /** The company's figures of a day. Accountants and admins only. Without `day`: today. */
  companyDay: CompanyDay;
  /** The company's figures of each day of a range, newest first. Accountants and admins only. Without `from` and `to`: the 31 days up to the billing day. */
  companyDays: Array<CompanyDay>;
  /** The company's time zone, its date and its billing day. */
  company: Company;
  /** The payout runs of the closed days, newest first. Accountants and admins only. */
  payoutRuns: PayoutRunConnection;
  /** The payout run of a day; null where the day is not closed. Accountants and admins only. */
  payoutRun?: Maybe<PayoutRun>;
  /** Checks the ledger against itself. Admins only. */
  ledgerAudit: LedgerAudit;
  /** The facts that accounting refused for good, newest first. Admins only. `after` is the id of the last one that was read; `event` limits the list to one kind. */
  accountingDeadLetters: Array<DeadLetter>;
  /** The events that wait until accounting's database takes their kind again, oldest first. Admins only. While a kind has held events, new ones of the kind wait, too. The oldest is tried every 30 seconds. */
  accountingHeldEvents: Array<HeldEvent>;
};


export type QueryAccountArgs = {
  id: Scalars['ID']['input'];
};


export type QueryAccountsArgs = {
  first: Scalars['Int']['input'];
  after?: InputMaybe<Scalars['String']['input']>;
};


export type QueryCompanyDayArgs = {
  day?: InputMaybe<Scalars['Date']['input']>;
};


export type QueryCompanyDaysArgs = {
  from?: InputMaybe<Scalars['Date']['input']>;
  to?: InputMaybe<Scalars['Date']['input']>;
};


export type QueryPayoutRunsArgs = {
  first: Scalars['Int']['input'];
  after?: InputMaybe<Scalars['String']['input']>;
};


export type QueryPayoutRunArgs = {
  day: Scalars['Date']['input'];
};


export type QueryAccountingDeadLettersArgs = {
  first: Scalars['Int']['input'];
  after?: InputMaybe<Scalars['ID']['input']>;
  event?: InputMaybe<Scalars['String']['input']>;
};


export type QueryAccountingHeldEventsArgs = {
  first: Scalars['Int']['input'];
};

export type Mutation = {
  /** Closes a day and pays it out, as happens every night; earlier open days first. Admins only. Without `day`: today. Where the day is closed already, returns its run. */
  closeDay: PayoutRun;
  /** Has the fact of a dead letter applied again by its consumer. Admins only. Where it is refused again, the dead letter stays, with the new reason. Errors: NOT_FOUND where it was applied or discarded. */
  resendAccountingDeadLetter: Scalars['Boolean']['output'];
  /** Has the facts of all dead letters of a kind applied again. Admins only. Returns how many there are. */
  resendAccountingDeadLetters: Scalars['Int']['output'];
  /** Deletes a dead letter: its fact is never applied. Admins only. Errors: NOT_FOUND where it was applied or discarded. */
  discardAccountingDeadLetter: Scalars['Boolean']['output'];
  /** Deletes all dead letters of a kind: their facts are never applied. Admins only. Returns how many there were. */
  discardAccountingDeadLetters: Scalars['Int']['output'];
  /** Deletes a held event: none of its facts is ever applied. Admins only. The next one of its kind is tried at once. Errors: NOT_FOUND where it was applied or discarded. */
  discardAccountingHeldEvent: Scalars['Boolean']['output'];
};


export type MutationCloseDayArgs = {
  day?: InputMaybe<Scalars['Date']['input']>;
};


export type MutationResendAccountingDeadLetterArgs = {
  id: Scalars['ID']['input'];
};


export type MutationResendAccountingDeadLettersArgs = {
  event: Scalars['String']['input'];
};


export type MutationDiscardAccountingDeadLetterArgs = {
  id: Scalars['ID']['input'];
};


export type MutationDiscardAccountingDeadLettersArgs = {
  event: Scalars['String']['input'];
};


export type MutationDiscardAccountingHeldEventArgs = {
  id: Scalars['ID']['input'];
};

export type Subscription = {
  /** The signed-in user's balance: first as it is now, then after each change. */
  balanceChanged: BalanceChange;
  /** Today's company figures: first as they are now, then after changes, at most once a second. Accountants and admins only. */
  companyDayChanged: CompanyDay;
};

export type BalanceChange = {
  account: Account;
  balance: Scalars['Money']['output'];
  /** The account's newest entries, oldest first, at most 50. Payloads repeat entries: recognise new ones by id. Read older ones from the audit log. */
  entries: Array<LedgerEntry>;
};

export type LedgerEntryEdge = {
  cursor: Scalars['String']['output'];
  node: LedgerEntry;
};

export type LedgerEntryConnection = {
  edges: Array<LedgerEntryEdge>;
  nodes: Array<LedgerEntry>;
  pageInfo: PageInfo;
};

export type AccountDayEdge = {
  cursor: Scalars['String']['output'];
  node: AccountDay;
};

export type AccountDayConnection = {
  edges: Array<AccountDayEdge>;
  nodes: Array<AccountDay>;
  pageInfo: PageInfo;
};

export type PayoutEdge = {
  cursor: Scalars['String']['output'];
  node: Payout;
};

export type PayoutConnection = {
  edges: Array<PayoutEdge>;
  nodes: Array<Payout>;
  pageInfo: PageInfo;
};

export type PayoutRunEdge = {
  cursor: Scalars['String']['output'];
  node: PayoutRun;
};

export type PayoutRunConnection = {
  edges: Array<PayoutRunEdge>;
  nodes: Array<PayoutRun>;
  pageInfo: PageInfo;
};

export type AccountEdge = {
  cursor: Scalars['String']['output'];
  node: Account;
};

export type AccountConnection = {
  edges: Array<AccountEdge>;
  nodes: Array<Account>;
  pageInfo: PageInfo;
};

export type PageInfo = {
  hasNextPage: Scalars['Boolean']['output'];
  /** True where `after` was given: the entry of that cursor comes before this page. */
  hasPreviousPage: Scalars['Boolean']['output'];
  startCursor?: Maybe<Scalars['String']['output']>;
  endCursor?: Maybe<Scalars['String']['output']>;
};

/** A fact that this service refused for good, with the reason. */
export type DeadLetter = {
  id: Scalars['ID']['output'];
  /** Event name and version. */
  event: Scalars['String']['output'];
  consumer: Scalars['String']['output'];
  error: Scalars['String']['output'];
  attempts: Scalars['Int']['output'];
  failedAt: Scalars['DateTime']['output'];
  /** The fact as JSON. Only the first 2,000 characters where it is longer. */
  fact: Scalars['String']['output'];
};

/** An event that waits: the database refused five of its kind in a row for the same reason. Events of the kind are kept until one applies. */
export type HeldEvent = {
  id: Scalars['ID']['output'];
  /** Event name and version. */
  event: Scalars['String']['output'];
  consumer: Scalars['String']['output'];
  heldAt: Scalars['DateTime']['output'];
  /** How often it was tried since then. */
  attempts: Scalars['Int']['output'];
  /** Why the last try was refused; null before the first try. */
  error?: Maybe<Scalars['String']['output']>;
};



export type ResolverTypeWrapper<T> = Promise<T> | T;

export type ReferenceResolver<TResult, TReference, TContext> = (
      reference: TReference,
      context: TContext,
      info: GraphQLResolveInfo
    ) => Promise<TResult> | TResult;

      type ScalarCheck<T, S> = S extends true ? T : NullableCheck<T, S>;
      type NullableCheck<T, S> = Maybe<T> extends T ? Maybe<ListCheck<NonNullable<T>, S>> : ListCheck<T, S>;
      type ListCheck<T, S> = T extends (infer U)[] ? NullableCheck<U, S>[] : GraphQLRecursivePick<T, S>;
      export type GraphQLRecursivePick<T, S> = { [K in keyof T & keyof S]: ScalarCheck<T[K], S[K]> };
    
export type Resolver<TResult, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> = ResolverFn<TResult, TParent, TContext, TArgs>;

export type ResolverFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => Promise<TResult> | TResult;

export type SubscriptionSubscribeFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => AsyncIterable<TResult> | Promise<AsyncIterable<TResult>>;

export type SubscriptionResolveFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => TResult | Promise<TResult>;

export interface SubscriptionSubscriberObject<TResult, TKey extends string, TParent, TContext, TArgs> {
  subscribe: SubscriptionSubscribeFn<{ [key in TKey]: TResult }, TParent, TContext, TArgs>;
  resolve?: SubscriptionResolveFn<TResult, { [key in TKey]: TResult }, TContext, TArgs>;
}

export interface SubscriptionResolverObject<TResult, TParent, TContext, TArgs> {
  subscribe: SubscriptionSubscribeFn<any, TParent, TContext, TArgs>;
  resolve: SubscriptionResolveFn<TResult, any, TContext, TArgs>;
}

export type SubscriptionObject<TResult, TKey extends string, TParent, TContext, TArgs> =
  | SubscriptionSubscriberObject<TResult, TKey, TParent, TContext, TArgs>
  | SubscriptionResolverObject<TResult, TParent, TContext, TArgs>;

export type SubscriptionResolver<TResult, TKey extends string, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> =
  | ((...args: any[]) => SubscriptionObject<TResult, TKey, TParent, TContext, TArgs>)
  | SubscriptionObject<TResult, TKey, TParent, TContext, TArgs>;

export type TypeResolveFn<TTypes, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>> = (
  parent: TParent,
  context: TContext,
  info: GraphQLResolveInfo
) => Maybe<TTypes> | Promise<Maybe<TTypes>>;

export type IsTypeOfResolverFn<T = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>> = (obj: T, context: TContext, info: GraphQLResolveInfo) => boolean | Promise<boolean>;

export type NextResolverFn<T> = () => Promise<T>;

export type DirectiveResolverFn<TResult = Record<PropertyKey, never>, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> = (
  next: NextResolverFn<TResult>,
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => TResult | Promise<TResult>;

/** Mapping of federation types */
export type FederationTypes = {
  Task: Task;
  User: User;
};

/** Mapping of federation reference types */
export type FederationReferenceTypes = {
  Task:
    ( { __typename: 'Task' }
    & GraphQLRecursivePick<FederationTypes['Task'], {"id":true}> );
  User:
    ( { __typename: 'User' }
    & GraphQLRecursivePick<FederationTypes['User'], {"id":true}> );
};



/** Mapping between all available schema types and the resolvers types */
export type ResolversTypes = {
  DateTime: ResolverTypeWrapper<Scalars['DateTime']['output']>;
  Date: ResolverTypeWrapper<Scalars['Date']['output']>;
  Money: ResolverTypeWrapper<Scalars['Money']['output']>;
  Task: ResolverTypeWrapper<OwnTaskReference>;
  ID: ResolverTypeWrapper<Scalars['ID']['output']>;
  User: ResolverTypeWrapper<OwnUserReference>;
  Account: ResolverTypeWrapper<OwnAccount>;
  Int: ResolverTypeWrapper<Scalars['Int']['output']>;
  String: ResolverTypeWrapper<Scalars['String']['output']>;
  EntryKind: EntryKind;
  LedgerEntry: ResolverTypeWrapper<OwnLedgerEntry>;
  AccountDay: ResolverTypeWrapper<OwnAccountDay>;
  Payout: ResolverTypeWrapper<OwnPayout>;
  EmailStatus: EmailStatus;
  PayoutRun: ResolverTypeWrapper<OwnPayoutRun>;
  PayoutRunStatus: PayoutRunStatus;
  Company: ResolverTypeWrapper<Company>;
  CompanyDay: ResolverTypeWrapper<OwnCompanyDay>;
  Boolean: ResolverTypeWrapper<Scalars['Boolean']['output']>;
  LedgerAudit: ResolverTypeWrapper<Omit<LedgerAudit, 'mismatchedAccounts'> & { mismatchedAccounts: Array<ResolversTypes['Account']> }>;
  Query: ResolverTypeWrapper<Record<PropertyKey, never>>;
  Mutation: ResolverTypeWrapper<Record<PropertyKey, never>>;
  Subscription: ResolverTypeWrapper<Record<PropertyKey, never>>;
  BalanceChange: ResolverTypeWrapper<OwnAccountNow>;
  LedgerEntryEdge: ResolverTypeWrapper<Omit<LedgerEntryEdge, 'node'> & { node: ResolversTypes['LedgerEntry'] }>;
  LedgerEntryConnection: ResolverTypeWrapper<Omit<LedgerEntryConnection, 'edges' | 'nodes'> & { edges: Array<ResolversTypes['LedgerEntryEdge']>, nodes: Array<ResolversTypes['LedgerEntry']> }>;
  AccountDayEdge: ResolverTypeWrapper<Omit<AccountDayEdge, 'node'> & { node: ResolversTypes['AccountDay'] }>;
  AccountDayConnection: ResolverTypeWrapper<Omit<AccountDayConnection, 'edges' | 'nodes'> & { edges: Array<ResolversTypes['AccountDayEdge']>, nodes: Array<ResolversTypes['AccountDay']> }>;
  PayoutEdge: ResolverTypeWrapper<Omit<PayoutEdge, 'node'> & { node: ResolversTypes['Payout'] }>;
  PayoutConnection: ResolverTypeWrapper<Omit<PayoutConnection, 'edges' | 'nodes'> & { edges: Array<ResolversTypes['PayoutEdge']>, nodes: Array<ResolversTypes['Payout']> }>;
  PayoutRunEdge: ResolverTypeWrapper<Omit<PayoutRunEdge, 'node'> & { node: ResolversTypes['PayoutRun'] }>;
  PayoutRunConnection: ResolverTypeWrapper<Omit<PayoutRunConnection, 'edges' | 'nodes'> & { edges: Array<ResolversTypes['PayoutRunEdge']>, nodes: Array<ResolversTypes['PayoutRun']> }>;
  AccountEdge: ResolverTypeWrapper<Omit<AccountEdge, 'node'> & { node: ResolversTypes['Account'] }>;
  AccountConnection: ResolverTypeWrapper<Omit<AccountConnection, 'edges' | 'nodes'> & { edges: Array<ResolversTypes['AccountEdge']>, nodes: Array<ResolversTypes['Account']> }>;
  PageInfo: ResolverTypeWrapper<PageInfo>;
  DeadLetter: ResolverTypeWrapper<DeadLetter>;
  HeldEvent: ResolverTypeWrapper<HeldEvent>;
};

/** Mapping between all available schema types and the resolvers parents */
export type ResolversParentTypes = {
  DateTime: Scalars['DateTime']['output'];
  Date: Scalars['Date']['output'];
  Money: Scalars['Money']['output'];
  Task: OwnTaskReference;
  ID: Scalars['ID']['output'];
  User: OwnUserReference;
  Account: OwnAccount;
  Int: Scalars['Int']['output'];
  String: Scalars['String']['output'];
  LedgerEntry: OwnLedgerEntry;
  AccountDay: OwnAccountDay;
  Payout: OwnPayout;
  PayoutRun: OwnPayoutRun;
  Company: Company;
  CompanyDay: OwnCompanyDay;
  Boolean: Scalars['Boolean']['output'];
  LedgerAudit: Omit<LedgerAudit, 'mismatchedAccounts'> & { mismatchedAccounts: Array<ResolversParentTypes['Account']> };
  Query: Record<PropertyKey, never>;
  Mutation: Record<PropertyKey, never>;
  Subscription: Record<PropertyKey, never>;
  BalanceChange: OwnAccountNow;
  LedgerEntryEdge: Omit<LedgerEntryEdge, 'node'> & { node: ResolversParentTypes['LedgerEntry'] };
  LedgerEntryConnection: Omit<LedgerEntryConnection, 'edges' | 'nodes'> & { edges: Array<ResolversParentTypes['LedgerEntryEdge']>, nodes: Array<ResolversParentTypes['LedgerEntry']> };
  AccountDayEdge: Omit<AccountDayEdge, 'node'> & { node: ResolversParentTypes['AccountDay'] };
  AccountDayConnection: Omit<AccountDayConnection, 'edges' | 'nodes'> & { edges: Array<ResolversParentTypes['AccountDayEdge']>, nodes: Array<ResolversParentTypes['AccountDay']> };
  PayoutEdge: Omit<PayoutEdge, 'node'> & { node: ResolversParentTypes['Payout'] };
  PayoutConnection: Omit<PayoutConnection, 'edges' | 'nodes'> & { edges: Array<ResolversParentTypes['PayoutEdge']>, nodes: Array<ResolversParentTypes['Payout']> };
  PayoutRunEdge: Omit<PayoutRunEdge, 'node'> & { node: ResolversParentTypes['PayoutRun'] };
  PayoutRunConnection: Omit<PayoutRunConnection, 'edges' | 'nodes'> & { edges: Array<ResolversParentTypes['PayoutRunEdge']>, nodes: Array<ResolversParentTypes['PayoutRun']> };
  AccountEdge: Omit<AccountEdge, 'node'> & { node: ResolversParentTypes['Account'] };
  AccountConnection: Omit<AccountConnection, 'edges' | 'nodes'> & { edges: Array<ResolversParentTypes['AccountEdge']>, nodes: Array<ResolversParentTypes['Account']> };
  PageInfo: PageInfo;
  DeadLetter: DeadLetter;
  HeldEvent: HeldEvent;
};

export interface DateTimeScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['DateTime'], any> {
  name: 'DateTime';
}

export interface DateScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['Date'], any> {
  name: 'Date';
}

export interface MoneyScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['Money'], any> {
  name: 'Money';
}

export type TaskResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Task'] = ResolversParentTypes['Task'], FederationReferenceType extends FederationReferenceTypes['Task'] = FederationReferenceTypes['Task']> = {
  __resolveReference?: ReferenceResolver<Maybe<ResolversTypes['Task']> | FederationReferenceType, FederationReferenceType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  assignmentFee?: Resolver<Maybe<ResolversTypes['Money']>, ParentType, ContextType>;
  completionReward?: Resolver<Maybe<ResolversTypes['Money']>, ParentType, ContextType>;
};

export type UserResolvers<ContextType = Context, ParentType extends ResolversParentTypes['User'] = ResolversParentTypes['User'], FederationReferenceType extends FederationReferenceTypes['User'] = FederationReferenceTypes['User']> = {
  __resolveReference?: ReferenceResolver<Maybe<ResolversTypes['User']> | FederationReferenceType, FederationReferenceType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  account?: Resolver<Maybe<ResolversTypes['Account']>, ParentType, ContextType>;
};

export type AccountResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Account'] = ResolversParentTypes['Account']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  owner?: Resolver<Maybe<ResolversTypes['User']>, ParentType, ContextType>;
  balance?: Resolver<ResolversTypes['Money'], ParentType, ContextType>;
  earnedToday?: Resolver<ResolversTypes['Money'], ParentType, ContextType>;
  auditLog?: Resolver<ResolversTypes['LedgerEntryConnection'], ParentType, ContextType, RequireFields<AccountAuditLogArgs, 'first'>>;
  days?: Resolver<ResolversTypes['AccountDayConnection'], ParentType, ContextType, RequireFields<AccountDaysArgs, 'first'>>;
  payouts?: Resolver<ResolversTypes['PayoutConnection'], ParentType, ContextType, RequireFields<AccountPayoutsArgs, 'first'>>;
};

export type LedgerEntryResolvers<ContextType = Context, ParentType extends ResolversParentTypes['LedgerEntry'] = ResolversParentTypes['LedgerEntry']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  kind?: Resolver<ResolversTypes['EntryKind'], ParentType, ContextType>;
  amount?: Resolver<ResolversTypes['Money'], ParentType, ContextType>;
  balanceAfter?: Resolver<ResolversTypes['Money'], ParentType, ContextType>;
  day?: Resolver<ResolversTypes['Date'], ParentType, ContextType>;
  occurredAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  postedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  description?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  task?: Resolver<Maybe<ResolversTypes['Task']>, ParentType, ContextType>;
  payout?: Resolver<Maybe<ResolversTypes['Payout']>, ParentType, ContextType>;
};

export type AccountDayResolvers<ContextType = Context, ParentType extends ResolversParentTypes['AccountDay'] = ResolversParentTypes['AccountDay']> = {
  day?: Resolver<ResolversTypes['Date'], ParentType, ContextType>;
  opening?: Resolver<ResolversTypes['Money'], ParentType, ContextType>;
  fees?: Resolver<ResolversTypes['Money'], ParentType, ContextType>;
  rewards?: Resolver<ResolversTypes['Money'], ParentType, ContextType>;
  paidOut?: Resolver<ResolversTypes['Money'], ParentType, ContextType>;
  closing?: Resolver<ResolversTypes['Money'], ParentType, ContextType>;
};

export type PayoutResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Payout'] = ResolversParentTypes['Payout']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  account?: Resolver<ResolversTypes['Account'], ParentType, ContextType>;
  day?: Resolver<ResolversTypes['Date'], ParentType, ContextType>;
  amount?: Resolver<ResolversTypes['Money'], ParentType, ContextType>;
  paidAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  email?: Resolver<ResolversTypes['EmailStatus'], ParentType, ContextType>;
};

export type PayoutRunResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PayoutRun'] = ResolversParentTypes['PayoutRun']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  day?: Resolver<ResolversTypes['Date'], ParentType, ContextType>;
  status?: Resolver<ResolversTypes['PayoutRunStatus'], ParentType, ContextType>;
  startedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  finishedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  accountsTotal?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  accountsProcessed?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  payoutCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  paidTotal?: Resolver<ResolversTypes['Money'], ParentType, ContextType>;
};

export type CompanyResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Company'] = ResolversParentTypes['Company']> = {
  timeZone?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  today?: Resolver<ResolversTypes['Date'], ParentType, ContextType>;
  billingDay?: Resolver<ResolversTypes['Date'], ParentType, ContextType>;
};

export type CompanyDayResolvers<ContextType = Context, ParentType extends ResolversParentTypes['CompanyDay'] = ResolversParentTypes['CompanyDay']> = {
  day?: Resolver<ResolversTypes['Date'], ParentType, ContextType>;
  earned?: Resolver<ResolversTypes['Money'], ParentType, ContextType>;
  feesCharged?: Resolver<ResolversTypes['Money'], ParentType, ContextType>;
  rewardsPaid?: Resolver<ResolversTypes['Money'], ParentType, ContextType>;
  paidOut?: Resolver<ResolversTypes['Money'], ParentType, ContextType>;
  closed?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
};

export type LedgerAuditResolvers<ContextType = Context, ParentType extends ResolversParentTypes['LedgerAudit'] = ResolversParentTypes['LedgerAudit']> = {
  ok?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  entriesChecked?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  imbalance?: Resolver<ResolversTypes['Money'], ParentType, ContextType>;
  mismatchedAccounts?: Resolver<Array<ResolversTypes['Account']>, ParentType, ContextType>;
};

export type QueryResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Query'] = ResolversParentTypes['Query']> = {
  myAccount?: Resolver<ResolversTypes['Account'], ParentType, ContextType>;
  account?: Resolver<Maybe<ResolversTypes['Account']>, ParentType, ContextType, RequireFields<QueryAccountArgs, 'id'>>;
  accounts?: Resolver<ResolversTypes['AccountConnection'], ParentType, ContextType, RequireFields<QueryAccountsArgs, 'first'>>;
  companyDay?: Resolver<ResolversTypes['CompanyDay'], ParentType, ContextType, Partial<QueryCompanyDayArgs>>;
  companyDays?: Resolver<Array<ResolversTypes['CompanyDay']>, ParentType, ContextType, Partial<QueryCompanyDaysArgs>>;
  company?: Resolver<ResolversTypes['Company'], ParentType, ContextType>;
  payoutRuns?: Resolver<ResolversTypes['PayoutRunConnection'], ParentType, ContextType, RequireFields<QueryPayoutRunsArgs, 'first'>>;
  payoutRun?: Resolver<Maybe<ResolversTypes['PayoutRun']>, ParentType, ContextType, RequireFields<QueryPayoutRunArgs, 'day'>>;
  ledgerAudit?: Resolver<ResolversTypes['LedgerAudit'], ParentType, ContextType>;
  accountingDeadLetters?: Resolver<Array<ResolversTypes['DeadLetter']>, ParentType, ContextType, RequireFields<QueryAccountingDeadLettersArgs, 'first'>>;
  accountingHeldEvents?: Resolver<Array<ResolversTypes['HeldEvent']>, ParentType, ContextType, RequireFields<QueryAccountingHeldEventsArgs, 'first'>>;
};

export type MutationResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Mutation'] = ResolversParentTypes['Mutation']> = {
  closeDay?: Resolver<ResolversTypes['PayoutRun'], ParentType, ContextType, Partial<MutationCloseDayArgs>>;
  resendAccountingDeadLetter?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType, RequireFields<MutationResendAccountingDeadLetterArgs, 'id'>>;
  resendAccountingDeadLetters?: Resolver<ResolversTypes['Int'], ParentType, ContextType, RequireFields<MutationResendAccountingDeadLettersArgs, 'event'>>;
  discardAccountingDeadLetter?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType, RequireFields<MutationDiscardAccountingDeadLetterArgs, 'id'>>;
  discardAccountingDeadLetters?: Resolver<ResolversTypes['Int'], ParentType, ContextType, RequireFields<MutationDiscardAccountingDeadLettersArgs, 'event'>>;
  discardAccountingHeldEvent?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType, RequireFields<MutationDiscardAccountingHeldEventArgs, 'id'>>;
};

export type SubscriptionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Subscription'] = ResolversParentTypes['Subscription']> = {
  balanceChanged?: SubscriptionResolver<ResolversTypes['BalanceChange'], "balanceChanged", ParentType, ContextType>;
  companyDayChanged?: SubscriptionResolver<ResolversTypes['CompanyDay'], "companyDayChanged", ParentType, ContextType>;
};

export type BalanceChangeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['BalanceChange'] = ResolversParentTypes['BalanceChange']> = {
  account?: Resolver<ResolversTypes['Account'], ParentType, ContextType>;
  balance?: Resolver<ResolversTypes['Money'], ParentType, ContextType>;
  entries?: Resolver<Array<ResolversTypes['LedgerEntry']>, ParentType, ContextType>;
};

export type LedgerEntryEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['LedgerEntryEdge'] = ResolversParentTypes['LedgerEntryEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['LedgerEntry'], ParentType, ContextType>;
};

export type LedgerEntryConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['LedgerEntryConnection'] = ResolversParentTypes['LedgerEntryConnection']> = {
  edges?: Resolver<Array<ResolversTypes['LedgerEntryEdge']>, ParentType, ContextType>;
  nodes?: Resolver<Array<ResolversTypes['LedgerEntry']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
};

export type AccountDayEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['AccountDayEdge'] = ResolversParentTypes['AccountDayEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['AccountDay'], ParentType, ContextType>;
};

export type AccountDayConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['AccountDayConnection'] = ResolversParentTypes['AccountDayConnection']> = {
  edges?: Resolver<Array<ResolversTypes['AccountDayEdge']>, ParentType, ContextType>;
  nodes?: Resolver<Array<ResolversTypes['AccountDay']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
};

export type PayoutEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PayoutEdge'] = ResolversParentTypes['PayoutEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['Payout'], ParentType, ContextType>;
};

export type PayoutConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PayoutConnection'] = ResolversParentTypes['PayoutConnection']> = {
  edges?: Resolver<Array<ResolversTypes['PayoutEdge']>, ParentType, ContextType>;
  nodes?: Resolver<Array<ResolversTypes['Payout']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
};

export type PayoutRunEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PayoutRunEdge'] = ResolversParentTypes['PayoutRunEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['PayoutRun'], ParentType, ContextType>;
};

export type PayoutRunConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PayoutRunConnection'] = ResolversParentTypes['PayoutRunConnection']> = {
  edges?: Resolver<Array<ResolversTypes['PayoutRunEdge']>, ParentType, ContextType>;
  nodes?: Resolver<Array<ResolversTypes['PayoutRun']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
};

export type AccountEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['AccountEdge'] = ResolversParentTypes['AccountEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['Account'], ParentType, ContextType>;
};

export type AccountConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['AccountConnection'] = ResolversParentTypes['AccountConnection']> = {
  edges?: Resolver<Array<ResolversTypes['AccountEdge']>, ParentType, ContextType>;
  nodes?: Resolver<Array<ResolversTypes['Account']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
};

export type PageInfoResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PageInfo'] = ResolversParentTypes['PageInfo']> = {
  hasNextPage?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  hasPreviousPage?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  startCursor?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  endCursor?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type DeadLetterResolvers<ContextType = Context, ParentType extends ResolversParentTypes['DeadLetter'] = ResolversParentTypes['DeadLetter']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  event?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  consumer?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  error?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  attempts?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  failedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  fact?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type HeldEventResolvers<ContextType = Context, ParentType extends ResolversParentTypes['HeldEvent'] = ResolversParentTypes['HeldEvent']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  event?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  consumer?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  heldAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  attempts?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  error?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type Resolvers<ContextType = Context> = {
  DateTime?: GraphQLScalarType;
  Date?: GraphQLScalarType;
  Money?: GraphQLScalarType;
  Task?: TaskResolvers<ContextType>;
  User?: UserResolvers<ContextType>;
  Account?: AccountResolvers<ContextType>;
  LedgerEntry?: LedgerEntryResolvers<ContextType>;
  AccountDay?: AccountDayResolvers<ContextType>;
  Payout?: PayoutResolvers<ContextType>;
  PayoutRun?: PayoutRunResolvers<ContextType>;
  Company?: CompanyResolvers<ContextType>;
  CompanyDay?: CompanyDayResolvers<ContextType>;
  LedgerAudit?: LedgerAuditResolvers<ContextType>;
  Query?: QueryResolvers<ContextType>;
  Mutation?: MutationResolvers<ContextType>;
  Subscription?: SubscriptionResolvers<ContextType>;
  BalanceChange?: BalanceChangeResolvers<ContextType>;
  LedgerEntryEdge?: LedgerEntryEdgeResolvers<ContextType>;
  LedgerEntryConnection?: LedgerEntryConnectionResolvers<ContextType>;
  AccountDayEdge?: AccountDayEdgeResolvers<ContextType>;
  AccountDayConnection?: AccountDayConnectionResolvers<ContextType>;
  PayoutEdge?: PayoutEdgeResolvers<ContextType>;
  PayoutConnection?: PayoutConnectionResolvers<ContextType>;
  PayoutRunEdge?: PayoutRunEdgeResolvers<ContextType>;
  PayoutRunConnection?: PayoutRunConnectionResolvers<ContextType>;
  AccountEdge?: AccountEdgeResolvers<ContextType>;
  AccountConnection?: AccountConnectionResolvers<ContextType>;
  PageInfo?: PageInfoResolvers<ContextType>;
  DeadLetter?: DeadLetterResolvers<ContextType>;
  HeldEvent?: HeldEventResolvers<ContextType>;
};
