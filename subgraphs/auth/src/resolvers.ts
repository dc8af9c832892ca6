import { isText, pageOf } from '@ates/kit/graph/page';
import { isId } from '@ates/kit/process/ids';
import { Refusal } from '@ates/kit/process/refusal';
import { callerOf } from '@ates/kit/service';
import { DateTime } from '@ates/schema/scalars';
import type { Context } from './context.ts';
import { takeRefreshToken, withCookie } from './cookie.ts';
import type { User, UserFilter } from './domain/user.ts';
import type { Resolvers } from './generated/resolvers.ts';
import { countUsers, listUsers, type UserKey } from './repository.ts';
import { changeEmail } from './usecases/changeEmail.ts';
import { changeRole } from './usecases/changeRole.ts';
import { createAccount } from './usecases/createAccount.ts';
import { deactivateUser } from './usecases/deactivateUser.ts';
import { logIn } from './usecases/logIn.ts';
import { logOut } from './usecases/logOut.ts';
import { reactivateUser } from './usecases/reactivateUser.ts';
import { refreshSession } from './usecases/refreshSession.ts';
import { resetBeakShape } from './usecases/resetBeakShape.ts';

/** True where the caller may see what is visible to the user themselves and to these roles ('Who may read what'). */
const maySee = (user: User, { caller, justSignedIn }: Context, ...roles: string[]) =>
  justSignedIn.has(user.id) ||
  (caller !== null && (caller.userId === user.id || roles.includes(caller.role)));

/** Checks and returns the filter of the people list. */
const userFilter = (args: {
  role?: User['role'] | null | undefined;
  search?: string | null | undefined;
}): UserFilter => {
  if (args.search?.includes('\0'))
    throw new Refusal('BAD_USER_INPUT', 'The search text contains a NUL. Remove it.');
  return { role: args.role ?? null, search: args.search?.trim().slice(0, 200) || null };
};

export const resolvers: Resolvers = {
  DateTime,
  User: {
    __resolveReference: ({ id }, { usersById }) => (isId(id) ? usersById.load(id) : null),
    login: (user, _, context) => (maySee(user, context, 'MANAGER', 'ADMIN') ? user.login : null),
    email: (user, _, context) => (maySee(user, context, 'ACCOUNTANT', 'ADMIN') ? user.email : null),
    createdAt: (user, _, context) => (maySee(user, context, 'MANAGER', 'ADMIN') ? user.createdAt : null),
  },
  UserConnection: { totalCount: ({ filter }, _, { database: { db } }) => countUsers(db, filter) },
  Query: {
    async me(_, __, context) {
      const user = await context.usersById.load(callerOf(context).userId);
      if (!user) throw new Refusal('UNAUTHENTICATED', 'This account does not exist any more.');
      return user;
    },
    user(_, { id }, { usersById }) {
      if (!isId(id)) throw new Refusal('BAD_USER_INPUT', `"${id}" is not a user's id.`);
      return usersById.load(id);
    },
    async users(_, args, { database: { db } }) {
      const filter = userFilter(args);
      return { ...(await listUsers(db, filter, pageOf(args, isUserKey))), filter };
    },
  },
  Mutation: {
    async login(_, { login, beakShape }, { database, clientAddress, cookie, justSignedIn }) {
      const session = await logIn(database, { login, beakShape, clientAddress });
      justSignedIn.add(session.user.id);
      return withCookie(cookie, session);
    },
    async refreshSession(_, { refreshToken }, { database, cookie, justSignedIn }) {
      const session = await refreshSession(database, takeRefreshToken(cookie, refreshToken));
      justSignedIn.add(session.user.id);
      // A token from a cookie is answered by cookie, so that no script reads it and the browser keeps no used one.
      return withCookie({ ...cookie, wanted: cookie.wanted || !refreshToken }, session);
    },
    logout: async (_, { everywhere }, context) => {
      await logOut(context.database, callerOf(context), everywhere);
      withCookie(context.cookie, null);
      return true;
    },
    createAccount: (_, { input }, { database }) => createAccount(database, input),
    changeRole: (_, { userId, role }, { database }) => changeRole(database, userId, role),
    deactivateUser: (_, { userId }, { database }) => deactivateUser(database, userId),
    reactivateUser: (_, { userId }, { database }) => reactivateUser(database, userId),
    resetBeakShape: (_, { userId, beakShape }, { database }) => resetBeakShape(database, userId, beakShape),
    changeEmail: (_, { userId, email }, { database }) => changeEmail(database, userId, email),
  },
};

const isUserKey = (value: unknown): value is UserKey =>
  Array.isArray(value) && value.length === 2 && isText(value[0]) && isText(value[1]) && isId(value[1]);
