import { accounting } from '@ates/accounting/service';
import { analytics } from '@ates/analytics/service';
import { auth } from '@ates/auth/service';
import { readGatewaySettings } from '@ates/gateway/settings';
import { type Environment, readSettings } from '@ates/kit/process/settings';
import { tracker } from '@ates/tracker/service';
import { queueStoreOf, workerSettings } from '@ates/workers/settings';
import { describe, expect, it } from 'vitest';
import { modulesOf, partNames } from '../src/parts.ts';
import { readSystemSettings } from '../src/settings.ts';
import { readCompose, readDockerfile } from './deployment.ts';

const services = readCompose();
const image = readDockerfile();

/** How each process reads its environment at its start. */
const readers: Record<string, (environment: Environment) => unknown> = {
  migrate: (environment) => readSystemSettings(environment).serviceDatabases!.auth,
  auth: (environment) => readSettings(auth.settings, environment),
  tracker: (environment) => readSettings(tracker.settings, environment),
  accounting: (environment) => readSettings(accounting.settings, environment),
  analytics: (environment) => readSettings(analytics.settings, environment),
  workers: (environment) => queueStoreOf(readSettings(workerSettings, environment)),
  gateway: readGatewaySettings,
};
const processes = Object.keys(readers);

describe('docker-compose.yml', () => {
  it('has every process of the system, each with the command of its main module', () => {
    expect(processes).toEqual(['migrate', ...partNames]);
    for (const part of partNames) {
      const main = modulesOf(part).main.pathname.replace('/src/main.ts', '/dist/main.js');
      const [node, module] = services[part]!.command!;
      expect(node).toBe('node');
      expect(main.endsWith(`/${module}`), module).toBe(true);
    }
    expect(services.migrate!.command).toEqual(['node', 'system/dist/migrate.js']);
    expect(image.command).toEqual(services.gateway!.command);
  });

  it.each(processes)('gives %s what it must have, and nothing that it does not read', (name) => {
    const given = { ...image.environment, ...services[name]!.environment };
    const readNames = new Set<string | symbol>();
    const environment = new Proxy(given, {
      get: (target, key) => {
        readNames.add(key);
        return target[key as string];
      },
    });
    readers[name]!(environment);
    for (const setting of Object.keys(services[name]!.environment!)) expect(readNames).toContain(setting);
  });

  it('gives the roles that own databases to the migration alone, and each subgraph its own database', () => {
    for (const part of partNames) {
      const environment = services[part]!.environment!;
      expect(JSON.stringify(environment)).not.toMatch(/owner|MIGRATION|postgres:\/\/postgres/);
      const databases = Object.keys(environment).filter((setting) => setting.endsWith('_DATABASE_URL'));
      expect(databases).toHaveLength(part === 'gateway' ? 0 : part === 'workers' ? 4 : 1);
      if (databases.length === 1) expect(databases).toEqual([`${part.toUpperCase()}_DATABASE_URL`]);
    }
  });

  it('lets each subgraph know the gateway by a secret of its own, which no other part has', () => {
    const secrets = ['auth', 'tracker', 'accounting', 'analytics'].map((name) => {
      const secret = services[name]!.environment!.GATEWAY_SECRET!;
      expect(services.gateway!.environment![`SUBGRAPH_SECRET_${name.toUpperCase()}`]).toBe(secret);
      const holders = processes.filter((other) =>
        JSON.stringify(services[other]!.environment).includes(`"${secret}"`),
      );
      expect(holders).toEqual([name, 'gateway']);
      return secret;
    });
    expect(new Set(secrets).size).toBe(4);
    expect(services.gateway!.environment!.INTROSPECTION_SECRET).toBe(secrets[0]);
  });

  it('starts stores, the migration, subgraphs, and then workers and gateway, each once the last are ready', () => {
    const needs = (name: string) =>
      Object.entries(services[name]!.depends_on ?? {}).map(
        ([other, { condition }]) => `${other} ${condition}`,
      );
    expect(needs('migrate')).toEqual(['postgresql service_healthy']);
    const subgraphs = ['auth', 'tracker', 'accounting', 'analytics'];
    for (const name of subgraphs)
      expect(needs(name)).toEqual(['migrate service_completed_successfully', 'redis service_healthy']);
    const ready = subgraphs.map((name) => `${name} service_healthy`);
    expect(needs('gateway')).toEqual(ready);
    expect(needs('workers').sort()).toEqual(
      [...ready, 'mailpit service_healthy', 'redis service_healthy'].sort(),
    );
  });

  it('has a profile for the stores alone', () => {
    const inProfile = (profile: string) =>
      Object.keys(services).filter((name) => services[name]!.profiles.includes(profile));
    expect(inProfile('stores')).toEqual(['postgresql', 'redis', 'mailpit']);
    expect(inProfile('system')).toEqual([...processes, 'postgresql', 'redis', 'mailpit']);
  });

  it('lets no process write to its root or be root, and names what is missing', () => {
    for (const name of processes) expect(services[name]).toMatchObject({ read_only: true, build: '.' });
    expect(image.user).toBe('node');
    expect(() => readCompose({})).toThrow(/is not set: copy \.env\.example to \.env/);
  });

  it('gives PostgreSQL connections for two of each process', () => {
    const most = Number(/max_connections=(\d+)/.exec(services.postgresql!.command!.join(' '))?.[1]);
    // As the README counts: pools of 10 in four subgraphs; of 4, 10, 20 and 20 in the workers, with a listener each.
    const ofOne = 4 * 10 + (4 + 1) + (10 + 1) + (20 + 1) + (20 + 1);
    // Also those of a migration (8), and those kept for superusers (3).
    expect(most).toBeGreaterThanOrEqual(2 * ofOne + 8 + 3);
  });
});
