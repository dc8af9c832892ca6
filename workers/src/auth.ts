import type { AuthTables } from '@ates/auth/tables';
import type { ServiceWork } from '@ates/kit/work';
import { consumersOf } from './routes.ts';
import type { WorkerSettings } from './settings.ts';

/** Auth's work: sends its events; it consumes none. */
export const authWork: ServiceWork<AuthTables, WorkerSettings> = {
  name: 'auth',
  poolSize: 4,
  sendsTo: consumersOf('auth'),
  hasViews: false,
  open: () => ({}),
};
