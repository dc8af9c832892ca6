/* Generated from schema/sdl/tracker.graphql by `npm run generate`. */
import type { GraphQLResolveInfo, GraphQLScalarType, GraphQLScalarTypeConfig } from 'graphql';
import type { Node as OwnNode } from '../domain/node.ts';
import type { Task as OwnTask, Assignment as OwnAssignment, UserReference as OwnUserReference } from '../domain/task.ts';
import type { Reassignment as OwnReassignment } from '../domain/reassignment.ts';
import type { TaskChange as OwnTaskChange } from '../domain/taskChange.ts';
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
  _FieldSet: { input: unknown; output: unknown; }
};

/** What `node` finds by its id alone. An id is unique within its type only: an account has the id of its user, a ledger entry that of its assignment, task or payout. So cache entities by type and id. */
export type Node = {
  id: Scalars['ID']['output'];
};

export type TaskStatus =
  | 'IN_PROGRESS'
  | 'DONE';

export type Task = Node & {
  id: Scalars['ID']['output'];
  title: Scalars['String']['output'];
  /** The part in brackets of '[POPUG-42] - Clean the cage'. The title does not contain it. */
  jiraId?: Maybe<Scalars['String']['output']>;
  description: Scalars['String']['output'];
  status: TaskStatus;
  /** Null only while auth does not answer. The same holds for every reference to another service's data. */
  assignee?: Maybe<User>;
  creator?: Maybe<User>;
  createdAt: Scalars['DateTime']['output'];
  assignedAt: Scalars['DateTime']['output'];
  resolvedAt?: Maybe<Scalars['DateTime']['output']>;
  /** Every assignment of this task, newest first. */
  assignments: AssignmentConnection;
};


export type TaskAssignmentsArgs = {
  first: Scalars['Int']['input'];
  after?: InputMaybe<Scalars['String']['input']>;
};

export type Assignment = {
  id: Scalars['ID']['output'];
  assignee?: Maybe<User>;
  assignedAt: Scalars['DateTime']['output'];
  /** Null for the assignment that was made when the task was created. */
  reassignment?: Maybe<Reassignment>;
};

export type User = Node & {
  id: Scalars['ID']['output'];
  /** Tasks assigned to this user, newest assignment first. */
  tasks?: Maybe<TaskConnection>;
  /** The number of open tasks that are assigned to this user. */
  openTaskCount?: Maybe<Scalars['Int']['output']>;
};


export type UserTasksArgs = {
  status?: InputMaybe<TaskStatus>;
  first: Scalars['Int']['input'];
  after?: InputMaybe<Scalars['String']['input']>;
};

/** One press of the 'reassign' button: a durable run over all open tasks, in batches. */
export type Reassignment = Node & {
  id: Scalars['ID']['output'];
  status: ReassignmentStatus;
  requestedBy?: Maybe<User>;
  requestedAt: Scalars['DateTime']['output'];
  startedAt?: Maybe<Scalars['DateTime']['output']>;
  finishedAt?: Maybe<Scalars['DateTime']['output']>;
  /** The number of open tasks when the run started; 0 until then. */
  total: Scalars['Int']['output'];
  /** The number of tasks that the run has dealt with, those included that it skipped because they were resolved meanwhile. Equals `total` when COMPLETED. */
  processed: Scalars['Int']['output'];
  supersededBy?: Maybe<Reassignment>;
};

export type ReassignmentStatus =
  | 'QUEUED'
  | 'RUNNING'
  | 'COMPLETED'
  | 'SUPERSEDED'
  | 'CANCELLED'
  /** No user was eligible any more. */
  | 'FAILED';

/** What a press does while another run is under way. */
export type OnRunning =
  /** Stops the run under way after its last committed batch, and starts over with all open tasks. */
  | 'SUPERSEDE'
  /** Returns the run under way, or else the run that waits. No task is assigned twice. */
  | 'JOIN'
  /** Waits for the run under way, then runs. Where a run waits already, returns that run. */
  | 'QUEUE';

export type CreateTaskInput = {
  title: Scalars['String']['input'];
  jiraId?: InputMaybe<Scalars['String']['input']>;
  description: Scalars['String']['input'];
  /** A second call by the same user with the same key returns the first task and makes no other. With other arguments it is a CONFLICT. */
  idempotencyKey?: InputMaybe<Scalars['ID']['input']>;
};

export type TaskFilter = {
  status?: InputMaybe<TaskStatus>;
  assigneeId?: InputMaybe<Scalars['ID']['input']>;
  creatorId?: InputMaybe<Scalars['ID']['input']>;
  /** A part of the title or of the Jira id. One or two letters are searched for in the newest 5,000 tasks only. */
  search?: InputMaybe<Scalars['String']['input']>;
};

export type Query = {
  /** The task, user or reassignment with this id; null where there is none. Finds a new user a moment after their account was created. */
  node?: Maybe<Node>;
  /** The task with this id; null where there is none. */
  task?: Maybe<Task>;
  /** All tasks, or those that match the filter, newest first. */
  tasks: TaskConnection;
  /** The signed-in user's own tasks, newest assignment first. */
  myTasks: TaskConnection;
  /** The reassignment with this id; null where there is none. */
  reassignment?: Maybe<Reassignment>;
  /** All reassignments, newest first. */
  reassignments: ReassignmentConnection;
  /** The facts that tracker refused for good, newest first. Admins only. `after` is the id of the last one that was read; `event` limits the list to one kind. */
  trackerDeadLetters: Array<DeadLetter>;
  /** The events that wait until tracker's database takes their kind again, oldest first. Admins only. While a kind has held events, new ones of the kind wait, too. The oldest is tried every 30 seconds. */
  trackerHeldEvents: Array<HeldEvent>;
};


export type QueryNodeArgs = {
  id: Scalars['ID']['input'];
};


export type QueryTaskArgs = {
  id: Scalars['ID']['input'];
};


export type QueryTasksArgs = {
  filter?: InputMaybe<TaskFilter>;
  first: Scalars['Int']['input'];
  after?: InputMaybe<Scalars['String']['input']>;
};


export type QueryMyTasksArgs = {
  status?: InputMaybe<TaskStatus>;
  first: Scalars['Int']['input'];
  after?: InputMaybe<Scalars['String']['input']>;
};


export type QueryReassignmentArgs = {
  id: Scalars['ID']['input'];
};


export type QueryReassignmentsArgs = {
  first: Scalars['Int']['input'];
  after?: InputMaybe<Scalars['String']['input']>;
};


export type QueryTrackerDeadLettersArgs = {
  first: Scalars['Int']['input'];
  after?: InputMaybe<Scalars['ID']['input']>;
  event?: InputMaybe<Scalars['String']['input']>;
};


export type QueryTrackerHeldEventsArgs = {
  first: Scalars['Int']['input'];
};

export type Mutation = {
  /** Creates a task and assigns it to a random user who is neither a manager nor an admin. Any signed-in user. Errors: NO_ELIGIBLE_ASSIGNEE where there is no such user; CONFLICT where the idempotency key was used with other arguments. */
  createTask: Task;
  /** Marks a task as done, once. The assignee only. Errors: NOT_FOUND; FORBIDDEN for anyone but the assignee; CONFLICT where it is done. */
  resolveTask: Task;
  /** Draws a new assignee for every open task. Managers and admins only. Returns at once; the run goes on in the background. Errors: NO_ELIGIBLE_ASSIGNEE where nobody can be drawn; CONFLICT where the idempotency key was used with other arguments. */
  reassignTasks: Reassignment;
  /** Stops a reassignment after its last committed batch. Managers and admins only. Errors: NOT_FOUND; CONFLICT where it has ended. */
  cancelReassignment: Reassignment;
  /** Has the fact of a dead letter applied again by its consumer. Admins only. Where it is refused again, the dead letter stays, with the new reason. Errors: NOT_FOUND where it was applied or discarded. */
  resendTrackerDeadLetter: Scalars['Boolean']['output'];
  /** Has the facts of all dead letters of a kind applied again. Admins only. Returns how many there are. */
  resendTrackerDeadLetters: Scalars['Int']['output'];
  /** Deletes a dead letter: its fact is never applied. Admins only. Errors: NOT_FOUND where it was applied or discarded. */
  discardTrackerDeadLetter: Scalars['Boolean']['output'];
  /** Deletes all dead letters of a kind: their facts are never applied. Admins only. Returns how many there were. */
  discardTrackerDeadLetters: Scalars['Int']['output'];
  /** Deletes a held event: none of its facts is ever applied. Admins only. The next one of its kind is tried at once. Errors: NOT_FOUND where it was applied or discarded. */
  discardTrackerHeldEvent: Scalars['Boolean']['output'];
};


export type MutationCreateTaskArgs = {
  input: CreateTaskInput;
};


export type MutationResolveTaskArgs = {
  id: Scalars['ID']['input'];
};


export type MutationReassignTasksArgs = {
  onRunning: OnRunning;
  idempotencyKey?: InputMaybe<Scalars['ID']['input']>;
};


export type MutationCancelReassignmentArgs = {
  id: Scalars['ID']['input'];
};


export type MutationResendTrackerDeadLetterArgs = {
  id: Scalars['ID']['input'];
};


export type MutationResendTrackerDeadLettersArgs = {
  event: Scalars['String']['input'];
};


export type MutationDiscardTrackerDeadLetterArgs = {
  id: Scalars['ID']['input'];
};


export type MutationDiscardTrackerDeadLettersArgs = {
  event: Scalars['String']['input'];
};


export type MutationDiscardTrackerHeldEventArgs = {
  id: Scalars['ID']['input'];
};

export type Subscription = {
  /** Each task that is assigned to the signed-in user, taken from them, or resolved. */
  myTasksChanged: TaskChange;
  /** The run as it is now, then its progress. Completes when the run has ended. Errors: NOT_FOUND. */
  reassignmentProgressed: Reassignment;
};


export type SubscriptionReassignmentProgressedArgs = {
  id: Scalars['ID']['input'];
};

export type TaskChangeKind =
  /** The first payload, and each one that stands for changes that were left out. Read `myTasks` again; `task` is null. */
  | 'RELOAD'
  | 'ASSIGNED_TO_ME'
  | 'TAKEN_FROM_ME'
  | 'RESOLVED';

export type TaskChange = {
  kind: TaskChangeKind;
  task?: Maybe<Task>;
};

export type TaskEdge = {
  cursor: Scalars['String']['output'];
  node: Task;
};

export type TaskConnection = {
  edges: Array<TaskEdge>;
  nodes: Array<Task>;
  pageInfo: PageInfo;
};

export type AssignmentEdge = {
  cursor: Scalars['String']['output'];
  node: Assignment;
};

export type AssignmentConnection = {
  edges: Array<AssignmentEdge>;
  nodes: Array<Assignment>;
  pageInfo: PageInfo;
};

export type ReassignmentEdge = {
  cursor: Scalars['String']['output'];
  node: Reassignment;
};

export type ReassignmentConnection = {
  edges: Array<ReassignmentEdge>;
  nodes: Array<Reassignment>;
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
  Node: ResolverTypeWrapper<OwnNode>;
  ID: ResolverTypeWrapper<Scalars['ID']['output']>;
  TaskStatus: TaskStatus;
  Task: ResolverTypeWrapper<OwnTask>;
  String: ResolverTypeWrapper<Scalars['String']['output']>;
  Int: ResolverTypeWrapper<Scalars['Int']['output']>;
  Assignment: ResolverTypeWrapper<OwnAssignment>;
  User: ResolverTypeWrapper<OwnUserReference>;
  Reassignment: ResolverTypeWrapper<OwnReassignment>;
  ReassignmentStatus: ReassignmentStatus;
  OnRunning: OnRunning;
  CreateTaskInput: CreateTaskInput;
  TaskFilter: TaskFilter;
  Query: ResolverTypeWrapper<Record<PropertyKey, never>>;
  Mutation: ResolverTypeWrapper<Record<PropertyKey, never>>;
  Boolean: ResolverTypeWrapper<Scalars['Boolean']['output']>;
  Subscription: ResolverTypeWrapper<Record<PropertyKey, never>>;
  TaskChangeKind: TaskChangeKind;
  TaskChange: ResolverTypeWrapper<OwnTaskChange>;
  TaskEdge: ResolverTypeWrapper<Omit<TaskEdge, 'node'> & { node: ResolversTypes['Task'] }>;
  TaskConnection: ResolverTypeWrapper<Omit<TaskConnection, 'edges' | 'nodes'> & { edges: Array<ResolversTypes['TaskEdge']>, nodes: Array<ResolversTypes['Task']> }>;
  AssignmentEdge: ResolverTypeWrapper<Omit<AssignmentEdge, 'node'> & { node: ResolversTypes['Assignment'] }>;
  AssignmentConnection: ResolverTypeWrapper<Omit<AssignmentConnection, 'edges' | 'nodes'> & { edges: Array<ResolversTypes['AssignmentEdge']>, nodes: Array<ResolversTypes['Assignment']> }>;
  ReassignmentEdge: ResolverTypeWrapper<Omit<ReassignmentEdge, 'node'> & { node: ResolversTypes['Reassignment'] }>;
  ReassignmentConnection: ResolverTypeWrapper<Omit<ReassignmentConnection, 'edges' | 'nodes'> & { edges: Array<ResolversTypes['ReassignmentEdge']>, nodes: Array<ResolversTypes['Reassignment']> }>;
  PageInfo: ResolverTypeWrapper<PageInfo>;
  DeadLetter: ResolverTypeWrapper<DeadLetter>;
  HeldEvent: ResolverTypeWrapper<HeldEvent>;
};

/** Mapping between all available schema types and the resolvers parents */
export type ResolversParentTypes = {
  DateTime: Scalars['DateTime']['output'];
  Node: OwnNode;
  ID: Scalars['ID']['output'];
  Task: OwnTask;
  String: Scalars['String']['output'];
  Int: Scalars['Int']['output'];
  Assignment: OwnAssignment;
  User: OwnUserReference;
  Reassignment: OwnReassignment;
  CreateTaskInput: CreateTaskInput;
  TaskFilter: TaskFilter;
  Query: Record<PropertyKey, never>;
  Mutation: Record<PropertyKey, never>;
  Boolean: Scalars['Boolean']['output'];
  Subscription: Record<PropertyKey, never>;
  TaskChange: OwnTaskChange;
  TaskEdge: Omit<TaskEdge, 'node'> & { node: ResolversParentTypes['Task'] };
  TaskConnection: Omit<TaskConnection, 'edges' | 'nodes'> & { edges: Array<ResolversParentTypes['TaskEdge']>, nodes: Array<ResolversParentTypes['Task']> };
  AssignmentEdge: Omit<AssignmentEdge, 'node'> & { node: ResolversParentTypes['Assignment'] };
  AssignmentConnection: Omit<AssignmentConnection, 'edges' | 'nodes'> & { edges: Array<ResolversParentTypes['AssignmentEdge']>, nodes: Array<ResolversParentTypes['Assignment']> };
  ReassignmentEdge: Omit<ReassignmentEdge, 'node'> & { node: ResolversParentTypes['Reassignment'] };
  ReassignmentConnection: Omit<ReassignmentConnection, 'edges' | 'nodes'> & { edges: Array<ResolversParentTypes['ReassignmentEdge']>, nodes: Array<ResolversParentTypes['Reassignment']> };
  PageInfo: PageInfo;
  DeadLetter: DeadLetter;
  HeldEvent: HeldEvent;
};

export interface DateTimeScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['DateTime'], any> {
  name: 'DateTime';
}

export type NodeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Node'] = ResolversParentTypes['Node']> = {
  __resolveType?: TypeResolveFn<'Task' | 'User' | 'Reassignment', ParentType, ContextType>;
};

export type TaskResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Task'] = ResolversParentTypes['Task'], FederationReferenceType extends FederationReferenceTypes['Task'] = FederationReferenceTypes['Task']> = {
  __resolveReference?: ReferenceResolver<Maybe<ResolversTypes['Task']> | FederationReferenceType, FederationReferenceType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  title?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  jiraId?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  description?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  status?: Resolver<ResolversTypes['TaskStatus'], ParentType, ContextType>;
  assignee?: Resolver<Maybe<ResolversTypes['User']>, ParentType, ContextType>;
  creator?: Resolver<Maybe<ResolversTypes['User']>, ParentType, ContextType>;
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  assignedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  resolvedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  assignments?: Resolver<ResolversTypes['AssignmentConnection'], ParentType, ContextType, RequireFields<TaskAssignmentsArgs, 'first'>>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type AssignmentResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Assignment'] = ResolversParentTypes['Assignment']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  assignee?: Resolver<Maybe<ResolversTypes['User']>, ParentType, ContextType>;
  assignedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  reassignment?: Resolver<Maybe<ResolversTypes['Reassignment']>, ParentType, ContextType>;
};

export type UserResolvers<ContextType = Context, ParentType extends ResolversParentTypes['User'] = ResolversParentTypes['User'], FederationReferenceType extends FederationReferenceTypes['User'] = FederationReferenceTypes['User']> = {
  __resolveReference?: ReferenceResolver<Maybe<ResolversTypes['User']> | FederationReferenceType, FederationReferenceType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  tasks?: Resolver<Maybe<ResolversTypes['TaskConnection']>, ParentType, ContextType, RequireFields<UserTasksArgs, 'first'>>;
  openTaskCount?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type ReassignmentResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Reassignment'] = ResolversParentTypes['Reassignment']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  status?: Resolver<ResolversTypes['ReassignmentStatus'], ParentType, ContextType>;
  requestedBy?: Resolver<Maybe<ResolversTypes['User']>, ParentType, ContextType>;
  requestedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  startedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  finishedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  total?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  processed?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  supersededBy?: Resolver<Maybe<ResolversTypes['Reassignment']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type QueryResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Query'] = ResolversParentTypes['Query']> = {
  node?: Resolver<Maybe<ResolversTypes['Node']>, ParentType, ContextType, RequireFields<QueryNodeArgs, 'id'>>;
  task?: Resolver<Maybe<ResolversTypes['Task']>, ParentType, ContextType, RequireFields<QueryTaskArgs, 'id'>>;
  tasks?: Resolver<ResolversTypes['TaskConnection'], ParentType, ContextType, RequireFields<QueryTasksArgs, 'first'>>;
  myTasks?: Resolver<ResolversTypes['TaskConnection'], ParentType, ContextType, RequireFields<QueryMyTasksArgs, 'first'>>;
  reassignment?: Resolver<Maybe<ResolversTypes['Reassignment']>, ParentType, ContextType, RequireFields<QueryReassignmentArgs, 'id'>>;
  reassignments?: Resolver<ResolversTypes['ReassignmentConnection'], ParentType, ContextType, RequireFields<QueryReassignmentsArgs, 'first'>>;
  trackerDeadLetters?: Resolver<Array<ResolversTypes['DeadLetter']>, ParentType, ContextType, RequireFields<QueryTrackerDeadLettersArgs, 'first'>>;
  trackerHeldEvents?: Resolver<Array<ResolversTypes['HeldEvent']>, ParentType, ContextType, RequireFields<QueryTrackerHeldEventsArgs, 'first'>>;
};

export type MutationResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Mutation'] = ResolversParentTypes['Mutation']> = {
  createTask?: Resolver<ResolversTypes['Task'], ParentType, ContextType, RequireFields<MutationCreateTaskArgs, 'input'>>;
  resolveTask?: Resolver<ResolversTypes['Task'], ParentType, ContextType, RequireFields<MutationResolveTaskArgs, 'id'>>;
  reassignTasks?: Resolver<ResolversTypes['Reassignment'], ParentType, ContextType, RequireFields<MutationReassignTasksArgs, 'onRunning'>>;
  cancelReassignment?: Resolver<ResolversTypes['Reassignment'], ParentType, ContextType, RequireFields<MutationCancelReassignmentArgs, 'id'>>;
  resendTrackerDeadLetter?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType, RequireFields<MutationResendTrackerDeadLetterArgs, 'id'>>;
  resendTrackerDeadLetters?: Resolver<ResolversTypes['Int'], ParentType, ContextType, RequireFields<MutationResendTrackerDeadLettersArgs, 'event'>>;
  discardTrackerDeadLetter?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType, RequireFields<MutationDiscardTrackerDeadLetterArgs, 'id'>>;
  discardTrackerDeadLetters?: Resolver<ResolversTypes['Int'], ParentType, ContextType, RequireFields<MutationDiscardTrackerDeadLettersArgs, 'event'>>;
  discardTrackerHeldEvent?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType, RequireFields<MutationDiscardTrackerHeldEventArgs, 'id'>>;
};

export type SubscriptionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Subscription'] = ResolversParentTypes['Subscription']> = {
  myTasksChanged?: SubscriptionResolver<ResolversTypes['TaskChange'], "myTasksChanged", ParentType, ContextType>;
  reassignmentProgressed?: SubscriptionResolver<ResolversTypes['Reassignment'], "reassignmentProgressed", ParentType, ContextType, RequireFields<SubscriptionReassignmentProgressedArgs, 'id'>>;
};

export type TaskChangeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['TaskChange'] = ResolversParentTypes['TaskChange']> = {
  kind?: Resolver<ResolversTypes['TaskChangeKind'], ParentType, ContextType>;
  task?: Resolver<Maybe<ResolversTypes['Task']>, ParentType, ContextType>;
};

export type TaskEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['TaskEdge'] = ResolversParentTypes['TaskEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['Task'], ParentType, ContextType>;
};

export type TaskConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['TaskConnection'] = ResolversParentTypes['TaskConnection']> = {
  edges?: Resolver<Array<ResolversTypes['TaskEdge']>, ParentType, ContextType>;
  nodes?: Resolver<Array<ResolversTypes['Task']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
};

export type AssignmentEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['AssignmentEdge'] = ResolversParentTypes['AssignmentEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['Assignment'], ParentType, ContextType>;
};

export type AssignmentConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['AssignmentConnection'] = ResolversParentTypes['AssignmentConnection']> = {
  edges?: Resolver<Array<ResolversTypes['AssignmentEdge']>, ParentType, ContextType>;
  nodes?: Resolver<Array<ResolversTypes['Assignment']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
};

export type ReassignmentEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ReassignmentEdge'] = ResolversParentTypes['ReassignmentEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['Reassignment'], ParentType, ContextType>;
};

export type ReassignmentConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ReassignmentConnection'] = ResolversParentTypes['ReassignmentConnection']> = {
  edges?: Resolver<Array<ResolversTypes['ReassignmentEdge']>, ParentType, ContextType>;
  nodes?: Resolver<Array<ResolversTypes['Reassignment']>, ParentType, ContextType>;
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
  Node?: NodeResolvers<ContextType>;
  Task?: TaskResolvers<ContextType>;
  Assignment?: AssignmentResolvers<ContextType>;
  User?: UserResolvers<ContextType>;
  Reassignment?: ReassignmentResolvers<ContextType>;
  Query?: QueryResolvers<ContextType>;
  Mutation?: MutationResolvers<ContextType>;
  Subscription?: SubscriptionResolvers<ContextType>;
  TaskChange?: TaskChangeResolvers<ContextType>;
  TaskEdge?: TaskEdgeResolvers<ContextType>;
  TaskConnection?: TaskConnectionResolvers<ContextType>;
  AssignmentEdge?: AssignmentEdgeResolvers<ContextType>;
  AssignmentConnection?: AssignmentConnectionResolvers<ContextType>;
  ReassignmentEdge?: ReassignmentEdgeResolvers<ContextType>;
  ReassignmentConnection?: ReassignmentConnectionResolvers<ContextType>;
  PageInfo?: PageInfoResolvers<ContextType>;
  DeadLetter?: DeadLetterResolvers<ContextType>;
  HeldEvent?: HeldEventResolvers<ContextType>;
};
