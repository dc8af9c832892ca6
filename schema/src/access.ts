/** The roles that auth gives to users (rule 2). */
export const roles = ['EMPLOYEE', 'ACCOUNTANT', 'MANAGER', 'ADMIN'] as const;
export type Role = (typeof roles)[number];

/**
 * What each role may do beyond what every signed-in user may. `@requiresScopes` in the SDL uses these names ('Who may
 * read what' in docs/rules.md). Use cases check what depends on data, such as the owner of an account.
 */
export const scopesOfRole: Readonly<Record<Role, readonly string[]>> = {
  EMPLOYEE: [],
  ACCOUNTANT: ['ledger:read'],
  MANAGER: ['users:list', 'tasks:reassign'],
  ADMIN: [
    'users:list',
    'users:manage',
    'tasks:reassign',
    'ledger:read',
    'ledger:close',
    'ledger:audit',
    'analytics:read',
    'dead-letters:manage',
  ],
};

export const isRole = (text: string): text is Role => (roles as readonly string[]).includes(text);
