/*
 * The first module of every part's process: `partProcess.ts MAIN [WARM-UP…]`. Loading code takes most of a start, so
 * it loads the part's code while stores are still being made, and runs the part's main module once the supervisor
 * sends the environment. That arrives as a message and not with the process, as the ports of earlier parts are not
 * known before, and so that passwords stand in no process table.
 */
const [main, ...warmUp] = process.argv.slice(2);

/**
 * How long a part may take to stop once the supervisor is gone, in milliseconds. Embedded stores go at the same
 * moment, so that closing connections to them in order would wait for nothing.
 */
const orphanedStopMs = 2_000;

process.on('disconnect', () => {
  // Until the part listens to it itself, there is nothing to stop in order.
  if (process.listenerCount('disconnect') === 1) process.exit(0);
  setTimeout(() => process.exit(1), orphanedStopMs).unref();
});
if (!process.connected) process.exit(0);
const environment = new Promise<Record<string, string>>((resolve) =>
  process.once('message', (message) => resolve(message as Record<string, string>)),
);
// What fails to load fails again in the main module, which says so.
await Promise.allSettled(warmUp.map((module) => import(module)));
Object.assign(process.env, await environment);
await import(main!);

export {};
