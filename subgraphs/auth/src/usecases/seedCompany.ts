import { randomBytes } from 'node:crypto';
import type { ServiceDatabase } from '@ates/kit/database/unitOfWork';
import { publishUsers } from '../events.ts';
import { insertUser, lockEmptyCompany } from '../repository.ts';
import type { AuthTables } from '../tables.ts';
import { type NewAccount, newUser } from './createAccount.ts';

/** The demo company: one user per role and a few employees. Their beak shapes are public: not for production. */
export const demoCompany: readonly NewAccount[] = [
  {
    login: 'ada',
    name: 'Ada Macaw',
    email: 'ada@popug.example',
    role: 'ADMIN',
    beakShape: 'wide, hooked, scarlet tip',
  },
  {
    login: 'max',
    name: 'Max Cockatoo',
    email: 'max@popug.example',
    role: 'MANAGER',
    beakShape: 'short, strong, charcoal',
  },
  {
    login: 'iris',
    name: 'Iris Lorikeet',
    email: 'iris@popug.example',
    role: 'ACCOUNTANT',
    beakShape: 'slim, orange, brush-tongued',
  },
  {
    login: 'kiwi',
    name: 'Kiwi Budgerigar',
    email: 'kiwi@popug.example',
    role: 'EMPLOYEE',
    beakShape: 'tiny, round, mustard',
  },
  {
    login: 'rio',
    name: 'Rio Conure',
    email: 'rio@popug.example',
    role: 'EMPLOYEE',
    beakShape: 'curved, black, polished',
  },
  {
    login: 'coco',
    name: 'Coco Amazon',
    email: 'coco@popug.example',
    role: 'EMPLOYEE',
    beakShape: 'broad, ivory, chipped left',
  },
  {
    login: 'pip',
    name: 'Pip Kakariki',
    email: 'pip@popug.example',
    role: 'EMPLOYEE',
    beakShape: 'neat, silver-blue, pointed',
  },
  {
    login: 'juno',
    name: 'Juno Eclectus',
    email: 'juno@popug.example',
    role: 'EMPLOYEE',
    beakShape: 'candy corn, smooth, long',
  },
];

/** How a company begins. */
export type Seed = { kind: 'demo' } | { kind: 'admin'; login: string; beakShape: string | undefined };

/** The log-ins of a newly made company, to be shown once. */
export type SeededLogins = readonly { login: string; beakShape: string; role: string }[];

/**
 * Makes the first users of a company that has none. Of several processes at once, only one does it.
 * @returns the log-ins that were made, or null where there were users already.
 */
export async function seedCompany(
  database: ServiceDatabase<AuthTables>,
  seed: Seed,
): Promise<SeededLogins | null> {
  return database.transact(async (work) => {
    const { trx, now } = work;
    if (!(await lockEmptyCompany(trx))) return null;
    const accounts = seed.kind === 'demo' ? demoCompany : [firstAdmin(seed)];
    const users = await Promise.all(accounts.map((account) => newUser(account, now)));
    for (const { user, beakHash } of users) await insertUser(trx, user, beakHash);
    await publishUsers(
      work,
      users.map(({ user }) => user),
    );
    return accounts.map(({ login, beakShape, role }) => ({ login, beakShape, role }));
  });
}

function firstAdmin(seed: { login: string; beakShape: string | undefined }): NewAccount {
  const beakShape = seed.beakShape ?? randomBytes(12).toString('base64url');
  return {
    login: seed.login,
    name: 'Administrator',
    email: `${seed.login}@localhost.localdomain`,
    role: 'ADMIN',
    beakShape,
  };
}
