/* Generated from schema/sdl/analytics.graphql by `npm run generate`. */
import type { GraphQLResolveInfo, GraphQLScalarType, GraphQLScalarTypeConfig } from 'graphql';
import type { TaskReference as OwnTaskReference } from '../domain/figures.ts';
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
  Date: { input: string; output: string; }
  Money: { input: number; output: number; }
  _FieldSet: { input: unknown; output: unknown; }
};

export type Task = {
  id: Scalars['ID']['output'];
};

export type Period =
  | 'DAY'
  | 'WEEK'
  | 'MONTH';

/** The most expensive of the tasks that were resolved in a period. */
export type MostExpensiveTask = {
  period: Period;
  from: Scalars['Date']['output'];
  to: Scalars['Date']['output'];
  reward: Scalars['Money']['output'];
  task?: Maybe<Task>;
};

export type AnalyticsDay = {
  day: Scalars['Date']['output'];
  topManagementEarned: Scalars['Money']['output'];
  /** The number of accounts below zero: for today as it is now, for a closed day as it was at its closing. */
  employeesInTheRed: Scalars['Int']['output'];
  tasksCreated: Scalars['Int']['output'];
  tasksResolved: Scalars['Int']['output'];
  assignments: Scalars['Int']['output'];
  paidOut: Scalars['Money']['output'];
  mostExpensiveTask?: Maybe<MostExpensiveTask>;
};

export type Query = {
  /** The figures of a day. Admins only. Without `day`: today. */
  analyticsDay: AnalyticsDay;
  /** The figures of each day of a range, newest first. Admins only. */
  analyticsDays: Array<AnalyticsDay>;
  /** The most expensive task that was resolved in the period that contains `on`; null where there is none. Admins only. Without `on`: today. */
  mostExpensiveTask?: Maybe<MostExpensiveTask>;
  /** The facts that analytics refused for good, newest first. Admins only. `after` is the id of the last one that was read; `event` limits the list to one kind. */
  analyticsDeadLetters: Array<DeadLetter>;
  /** The events that wait until analytics' database takes their kind again, oldest first. Admins only. While a kind has held events, new ones of the kind wait, too. The oldest is tried every 30 seconds. */
  analyticsHeldEvents: Array<HeldEvent>;
};


export type QueryAnalyticsDayArgs = {
  day?: InputMaybe<Scalars['Date']['input']>;
};


export type QueryAnalyticsDaysArgs = {
  from: Scalars['Date']['input'];
  to: Scalars['Date']['input'];
};


export type QueryMostExpensiveTaskArgs = {
  period: Period;
  on?: InputMaybe<Scalars['Date']['input']>;
};


export type QueryAnalyticsDeadLettersArgs = {
  first: Scalars['Int']['input'];
  after?: InputMaybe<Scalars['ID']['input']>;
  event?: InputMaybe<Scalars['String']['input']>;
};


export type QueryAnalyticsHeldEventsArgs = {
  first: Scalars['Int']['input'];
};

export type Mutation = {
  /** Has the fact of a dead letter applied again by its consumer. Admins only. Where it is refused again, the dead letter stays, with the new reason. Errors: NOT_FOUND where it was applied or discarded. */
  resendAnalyticsDeadLetter: Scalars['Boolean']['output'];
  /** Has the facts of all dead letters of a kind applied again. Admins only. Returns how many there are. */
  resendAnalyticsDeadLetters: Scalars['Int']['output'];
  /** Deletes a dead letter: its fact is never applied. Admins only. Errors: NOT_FOUND where it was applied or discarded. */
  discardAnalyticsDeadLetter: Scalars['Boolean']['output'];
  /** Deletes all dead letters of a kind: their facts are never applied. Admins only. Returns how many there were. */
  discardAnalyticsDeadLetters: Scalars['Int']['output'];
  /** Deletes a held event: none of its facts is ever applied. Admins only. The next one of its kind is tried at once. Errors: NOT_FOUND where it was applied or discarded. */
  discardAnalyticsHeldEvent: Scalars['Boolean']['output'];
};


export type MutationResendAnalyticsDeadLetterArgs = {
  id: Scalars['ID']['input'];
};


export type MutationResendAnalyticsDeadLettersArgs = {
  event: Scalars['String']['input'];
};


export type MutationDiscardAnalyticsDeadLetterArgs = {
  id: Scalars['ID']['input'];
};


export type MutationDiscardAnalyticsDeadLettersArgs = {
  event: Scalars['String']['input'];
};


export type MutationDiscardAnalyticsHeldEventArgs = {
  id: Scalars['ID']['input'];
};

export type Subscription = {
  /** Today's figures: first as they are now, then after changes, at most once a second. Admins only. */
  analyticsDayChanged: AnalyticsDay;
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





/** Mapping between all available schema types and the resolvers types */
export type ResolversTypes = {
  DateTime: ResolverTypeWrapper<Scalars['DateTime']['output']>;
  Date: ResolverTypeWrapper<Scalars['Date']['output']>;
  Money: ResolverTypeWrapper<Scalars['Money']['output']>;
  Task: ResolverTypeWrapper<OwnTaskReference>;
  ID: ResolverTypeWrapper<Scalars['ID']['output']>;
  Period: Period;
  MostExpensiveTask: ResolverTypeWrapper<Omit<MostExpensiveTask, 'task'> & { task?: Maybe<ResolversTypes['Task']> }>;
  AnalyticsDay: ResolverTypeWrapper<Omit<AnalyticsDay, 'mostExpensiveTask'> & { mostExpensiveTask?: Maybe<ResolversTypes['MostExpensiveTask']> }>;
  Int: ResolverTypeWrapper<Scalars['Int']['output']>;
  Query: ResolverTypeWrapper<Record<PropertyKey, never>>;
  String: ResolverTypeWrapper<Scalars['String']['output']>;
  Mutation: ResolverTypeWrapper<Record<PropertyKey, never>>;
  Boolean: ResolverTypeWrapper<Scalars['Boolean']['output']>;
  Subscription: ResolverTypeWrapper<Record<PropertyKey, never>>;
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
  MostExpensiveTask: Omit<MostExpensiveTask, 'task'> & { task?: Maybe<ResolversParentTypes['Task']> };
  AnalyticsDay: Omit<AnalyticsDay, 'mostExpensiveTask'> & { mostExpensiveTask?: Maybe<ResolversParentTypes['MostExpensiveTask']> };
  Int: Scalars['Int']['output'];
  Query: Record<PropertyKey, never>;
  String: Scalars['String']['output'];
  Mutation: Record<PropertyKey, never>;
  Boolean: Scalars['Boolean']['output'];
  Subscription: Record<PropertyKey, never>;
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

export type TaskResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Task'] = ResolversParentTypes['Task']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
};

export type MostExpensiveTaskResolvers<ContextType = Context, ParentType extends ResolversParentTypes['MostExpensiveTask'] = ResolversParentTypes['MostExpensiveTask']> = {
  period?: Resolver<ResolversTypes['Period'], ParentType, ContextType>;
  from?: Resolver<ResolversTypes['Date'], ParentType, ContextType>;
  to?: Resolver<ResolversTypes['Date'], ParentType, ContextType>;
  reward?: Resolver<ResolversTypes['Money'], ParentType, ContextType>;
  task?: Resolver<Maybe<ResolversTypes['Task']>, ParentType, ContextType>;
};

export type AnalyticsDayResolvers<ContextType = Context, ParentType extends ResolversParentTypes['AnalyticsDay'] = ResolversParentTypes['AnalyticsDay']> = {
  day?: Resolver<ResolversTypes['Date'], ParentType, ContextType>;
  topManagementEarned?: Resolver<ResolversTypes['Money'], ParentType, ContextType>;
  employeesInTheRed?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  tasksCreated?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  tasksResolved?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  assignments?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  paidOut?: Resolver<ResolversTypes['Money'], ParentType, ContextType>;
  mostExpensiveTask?: Resolver<Maybe<ResolversTypes['MostExpensiveTask']>, ParentType, ContextType>;
};

export type QueryResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Query'] = ResolversParentTypes['Query']> = {
  analyticsDay?: Resolver<ResolversTypes['AnalyticsDay'], ParentType, ContextType, Partial<QueryAnalyticsDayArgs>>;
  analyticsDays?: Resolver<Array<ResolversTypes['AnalyticsDay']>, ParentType, ContextType, RequireFields<QueryAnalyticsDaysArgs, 'from' | 'to'>>;
  mostExpensiveTask?: Resolver<Maybe<ResolversTypes['MostExpensiveTask']>, ParentType, ContextType, RequireFields<QueryMostExpensiveTaskArgs, 'period'>>;
  analyticsDeadLetters?: Resolver<Array<ResolversTypes['DeadLetter']>, ParentType, ContextType, RequireFields<QueryAnalyticsDeadLettersArgs, 'first'>>;
  analyticsHeldEvents?: Resolver<Array<ResolversTypes['HeldEvent']>, ParentType, ContextType, RequireFields<QueryAnalyticsHeldEventsArgs, 'first'>>;
};

export type MutationResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Mutation'] = ResolversParentTypes['Mutation']> = {
  resendAnalyticsDeadLetter?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType, RequireFields<MutationResendAnalyticsDeadLetterArgs, 'id'>>;
  resendAnalyticsDeadLetters?: Resolver<ResolversTypes['Int'], ParentType, ContextType, RequireFields<MutationResendAnalyticsDeadLettersArgs, 'event'>>;
  discardAnalyticsDeadLetter?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType, RequireFields<MutationDiscardAnalyticsDeadLetterArgs, 'id'>>;
  discardAnalyticsDeadLetters?: Resolver<ResolversTypes['Int'], ParentType, ContextType, RequireFields<MutationDiscardAnalyticsDeadLettersArgs, 'event'>>;
  discardAnalyticsHeldEvent?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType, RequireFields<MutationDiscardAnalyticsHeldEventArgs, 'id'>>;
};

export type SubscriptionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Subscription'] = ResolversParentTypes['Subscription']> = {
  analyticsDayChanged?: SubscriptionResolver<ResolversTypes['AnalyticsDay'], "analyticsDayChanged", ParentType, ContextType>;
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
  MostExpensiveTask?: MostExpensiveTaskResolvers<ContextType>;
  AnalyticsDay?: AnalyticsDayResolvers<ContextType>;
  Query?: QueryResolvers<ContextType>;
  Mutation?: MutationResolvers<ContextType>;
  Subscription?: SubscriptionResolvers<ContextType>;
  DeadLetter?: DeadLetterResolvers<ContextType>;
  HeldEvent?: HeldEventResolvers<ContextType>;
};
