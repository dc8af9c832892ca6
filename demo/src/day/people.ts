import { type Client, isGraphqlError } from '../graphqlClient.ts';
import { logIn, type Session } from '../session.ts';

export interface LogIn {
  readonly login: string;
  readonly beakShape: string;
}

/** The demo company's log-ins, as `npm start` prints them. The admin comes first. */
export const demoLogIns: readonly LogIn[] = [
  { login: 'ada', beakShape: 'wide, hooked, scarlet tip' },
  { login: 'max', beakShape: 'short, strong, charcoal' },
  { login: 'iris', beakShape: 'slim, orange, brush-tongued' },
  { login: 'kiwi', beakShape: 'tiny, round, mustard' },
  { login: 'rio', beakShape: 'curved, black, polished' },
  { login: 'coco', beakShape: 'broad, ivory, chipped left' },
  { login: 'pip', beakShape: 'neat, silver-blue, pointed' },
  { login: 'juno', beakShape: 'candy corn, smooth, long' },
];

/** The users who play the day. */
export interface Cast {
  readonly admin: Session;
  readonly manager: Session;
  readonly accountant: Session;
  /** All users who have signed in. */
  readonly everybody: readonly Session[];
}

/** Says in one sentence why the day cannot be played. */
export class DayError extends Error {
  override name = 'DayError';
}

/**
 * Signs everybody in. A user may have left the company, or have another role by now; only the roles matter.
 * @throws DayError where no user is left for a role.
 */
export async function gatherCast(client: Client, logIns: readonly LogIn[]): Promise<Cast> {
  const sessions = await Promise.all(
    logIns.map(({ login, beakShape }) =>
      logIn(client, login, beakShape).catch((error: unknown) => {
        if (isGraphqlError(error, 'UNAUTHENTICATED')) return null;
        throw error;
      }),
    ),
  );
  const everybody = sessions.filter((session) => session !== null);
  const first = (role: string): Session => {
    const found = everybody.find(({ user }) => user.role === role);
    if (!found) throw new DayError(`No user of the demo company can sign in as ${role}: the day needs one.`);
    return found;
  };
  return { admin: first('ADMIN'), manager: first('MANAGER'), accountant: first('ACCOUNTANT'), everybody };
}
