/** The roles that auth hands out (rule 2). */
export const roles = ['EMPLOYEE', 'ACCOUNTANT', 'MANAGER', 'ADMIN'] as const;
export type Role = (typeof roles)[number];

/**
 * What each role may do beyond what everyone signed in may. These are the names that `@requiresScopes` uses in the
 * SDL ('Who may read what' of the design); what depends on data, such as whose account it is, is in the use cases.
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
