import { scopesOfRole } from '@ates/schema/access';
import { useSyncExternalStore } from 'react';
import { readSession, type Session, type User, watchSession } from './session.ts';

export const useSession = (): Session => useSyncExternalStore(watchSession, readSession);

/** The user who is signed in. Only for pages behind the log-in. @throws Error where no user is signed in. */
export function useUser(): User {
  const session = useSession();
  if (session.status !== 'signed in') throw new Error('no user is signed in');
  return session.user;
}

/** True where the user's role has a scope. Only decides what is shown: the graph checks scopes itself. */
export const useMay = (scope: string): boolean => scopesOfRole[useUser().role].includes(scope);
