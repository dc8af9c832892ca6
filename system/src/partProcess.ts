/*
 * The first module of every part's process: `partProcess.ts MAIN [WARM-UP…]`. Loading code takes most of a start, so
 * this module loads the part's code while stores are still being made. It runs the part's main module once the
 * supervisor sends the environment. The environment is sent as a message because the ports of earlier parts are not
 * known before, and so that no process table shows passwords.
 */
const [main, ...warmUp] = process.argv.slice(2);

/**
 * How long a part may take to stop once the supervisor has ended, in milliseconds. Embedded stores end at the same
 * moment, so a longer wait to close connections to them would have no use.
 */
const orphanedStopMs = 2_000;

process.on('disconnect', () => {
  // Until the part itself listens to this event, there is nothing to stop cleanly.
  if (process.listenerCount('disconnect') === 1) process.exit(0);
  setTimeout(() => process.exit(1), orphanedStopMs).unref();
});
if (!process.connected) process.exit(0);
const environment = new Promise<Record<string, string>>((resolve) =>
  process.once('message', (message) => resolve(message as Record<string, string>)),
);
// A module that fails to load fails again in the main module, which reports it.
await Promise.allSettled(warmUp.map((module) => import(module)));
Object.assign(process.env, await environment);
await import(main!);

export {};
