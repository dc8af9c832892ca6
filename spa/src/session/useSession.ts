import { scopesOfRole } from '@ates/schema/access';
import { useSyncExternalStore } from 'react';
import { readSession, type Session, type User, watchSession } from './session.ts';

export const useSession = (): Session => useSyncExternalStore(watchSession, readSession);

/** Whoever is signed in. Only below the log-in. */
export function useUser(): User {
  const session = useSession();
  if (session.status !== 'signed in') throw new Error('nobody is signed in');
  return session.user;
}

/** Whether the user may do what needs a scope; the graph decides, this is for what to show. */
export const useMay = (scope: string): boolean => scopesOfRole[useUser().role].includes(scope);
