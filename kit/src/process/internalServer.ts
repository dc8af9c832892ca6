import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { ClockSkew } from './clockSkew.ts';
import { SettingError } from './settings.ts';

/** Answers `/health/live`, `/health/ready` and `/metrics` for operators, on its own port. */
export interface InternalServer {
  readonly port: number;
  readonly registry: Registry;
  close(): Promise<void>;
}

/** @param options.isReady true while the process can do its work, else a sentence that says what is missing */
export async function startInternalServer(options: {
  host: string;
  port: number;
  isReady: () => Promise<true | string> | true | string;
  /** One per database; they are shown as `clock_skew_seconds`. */
  clockSkews?: readonly ClockSkew[];
}): Promise<InternalServer> {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const { clockSkews } = options;
  if (clockSkews) {
    new Gauge({
      name: 'clock_skew_seconds',
      help: "How far this machine's clock is ahead of its database's",
      labelNames: ['service'],
      registers: [registry],
      collect() {
        for (const { service, skewMs } of clockSkews)
          if (skewMs !== undefined) this.set({ service }, skewMs / 1000);
      },
    });
  }
  const server = createServer(async (request, response) => {
    const answer = (status: number, text: string, type = 'text/plain') => {
      response.writeHead(status, { 'content-type': type });
      response.end(text);
    };
    if (request.url === '/health/live') return answer(200, 'ok\n');
    if (request.url === '/health/ready') {
      const ready = await options.isReady();
      return ready === true ? answer(200, 'ok\n') : answer(503, `${ready}\n`);
    }
    if (request.url === '/metrics') return answer(200, await registry.metrics(), registry.contentType);
    return answer(404, 'There are /health/live, /health/ready and /metrics here.\n');
  });
  await listen(server, options.port, options.host, 'INTERNAL_PORT');
  return {
    port: (server.address() as AddressInfo).port,
    registry,
    close: () => closeServer(server),
  };
}

/** Listens. @throws SettingError that names the port and its setting */
export function listen(
  server: import('node:http').Server,
  port: number,
  host: string,
  setting: 'PORT' | 'INTERNAL_PORT' = 'PORT',
): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const sentence =
        error.code === 'EADDRINUSE'
          ? `Port ${port} on ${host} is taken by another process: end that one, or choose another port with ${setting}.`
          : error.code === 'EACCES'
            ? `Port ${port} on ${host} may not be used by this account: choose one above 1023 with ${setting}.`
            : `Cannot listen on ${host}:${port}: ${error.message}.`;
      reject(new SettingError(sentence));
    });
    server.listen(port, host, resolve);
  });
}

/** Stops accepting, closes idle connections, and gives requests under way `graceMs` to finish. */
export function closeServer(server: import('node:http').Server, graceMs = 2_000): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
    setTimeout(() => server.closeAllConnections(), graceMs).unref();
  });
}
