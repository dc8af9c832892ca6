import { relative } from 'node:path';
import { createLog } from '@ates/kit/process/log';
import { SettingError } from '@ates/kit/process/settings';
import { buildApp } from './buildApp.ts';
import { restartOnChange } from './restartOnChange.ts';
import { readSystemSettings } from './settings.ts';
import { type RunningSystem, startSystem } from './startSystem.ts';

/** A signal this soon after the first does not count, in milliseconds: npm repeats the signal of the terminal. */
const sameSignalMs = 500;

/** True in `npm run dev`, which runs from the sources: a part whose sources change is started again. */
const restarts = process.argv.includes('--restart-on-change');

/** `npm start`: runs the system until Ctrl-C or SIGTERM. Returns a sentence where the system could not go on. */
async function start(): Promise<string | undefined> {
  // A reader that closes the pipe (`npm start | head`) is no reason to end.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  const settings = readSystemSettings(process.env);
  const began = Date.now();
  const log = createLog('system', settings.LOG_LEVEL, settings.LOG_FORMAT);
  const giveUp = new AbortController();
  let system: RunningSystem | undefined;
  let firstSignalAt: number | undefined;
  const onSignal = (signal: NodeJS.Signals) => {
    if (firstSignalAt === undefined) {
      firstSignalAt = Date.now();
      log.info(`stopping (${signal})`);
      if (system) void system.stop();
      else giveUp.abort();
    } else if (Date.now() - firstSignalAt > sameSignalMs) {
      // The processes and stores that still run end with this one.
      system?.stopAtOnce();
      process.exit(130);
    }
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  try {
    system = await startSystem({
      log,
      appDir: buildApp(log, giveUp.signal),
      signal: giveUp.signal,
      onLine: (part, line) => console.log(isLogLine(line) ? line : `(${part}) ${line}`),
    });
  } catch (error) {
    if (giveUp.signal.aborted) return undefined;
    throw error;
  }
  if (restarts) restartOnChange(system, log);
  if (firstSignalAt === undefined) console.log(summary(system, Date.now() - began));
  else void system.stop();
  const problem = await system.ended;
  if (problem === undefined) log.info('everything is stopped');
  return problem;
}

const isLogLine = (line: string) => /^(\{|[A-Z]+ \([^)]*\): )/.test(line);

function summary(system: RunningSystem, tookMs: number): string {
  const { settings, url } = system;
  const shown = url.replace('//127.0.0.1', '//localhost');
  const kept = relative(process.cwd(), settings.DATA_DIR);
  const lines = [
    '',
    `Ready after ${(tookMs / 1000).toFixed(1)} s.`,
    `  App        ${shown}/`,
    `  GraphQL    ${shown}/graphql (a browser gets Apollo Sandbox there)`,
    `  GraphiQL   ${shown}/graphiql (without the internet)`,
    `  Queues     ${system.queueBackend === 'redis' ? 'Redis' : 'PostgreSQL'}`,
    `  Mail       ${settings.SMTP_URL ? 'by SMTP_URL' : `files in ${system.mailDir}`}`,
    `  Data       ${kept.startsWith('..') ? settings.DATA_DIR : kept || '.'}`,
  ];
  const width = Math.max(...system.logIns.map(({ login }) => login.length));
  if (system.logIns.length > 0) lines.push('', 'Log in with the login and the shape of the beak:');
  for (const { login, beakShape, role } of system.logIns) {
    const shape = beakShape === settings.ADMIN_BEAK_SHAPE ? '(ADMIN_BEAK_SHAPE)' : beakShape;
    lines.push(`  ${login.padEnd(width)}  ${role.padEnd(10)}  ${shape}`);
  }
  return [...lines, '', 'Ctrl-C stops everything.', ''].join('\n');
}

try {
  const problem = await start();
  if (problem !== undefined) console.error(problem);
  process.exit(problem === undefined ? 0 : 1);
} catch (error) {
  const { message } = error as Error;
  console.error(error instanceof SettingError ? message : `The system could not start: ${message}`);
  process.exit(1);
}
