/*
 * `run.mjs ENTRY [ARGUMENT…]`: builds the system where its sources have changed, and runs one of its entries in this
 * process, as in production. `npm start` and similar commands use it, so that what is measured is what is shipped.
 */
import { build, system } from './build.mjs';

const entries = {
  start: '../system/dist/start.js',
  migrate: '../system/dist/migrate.js',
  gateway: '../gateway/dist/main.js',
  demo: '../demo/dist/demo.js',
  import: '../demo/dist/import.js',
  bench: '../bench/dist/bench.js',
};

// Libraries check a lot more in development: a quarter to a third of a query's time. Set before any is loaded.
process.env.NODE_ENV = 'production';

const [name] = process.argv.splice(2, 1);
const entry = entries[name];
if (entry === undefined) {
  console.error(`Usage: node system/run.mjs ${Object.keys(entries).join('|')} [ARGUMENT…]`);
  process.exit(1);
}

/** The exit code that a shell reports for a command that the signal ended. */
const codes = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };
const interrupted = new AbortController();
const onSignal = (signal) => {
  interrupted.abort();
  process.exit(codes[signal]);
};
for (const signal of Object.keys(codes)) process.on(signal, onSignal);
// Standard output is for the entry alone.
const say = (line) => console.error(line);
try {
  await build(system, { say, warn: say, signal: interrupted.signal });
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
for (const signal of Object.keys(codes)) process.off(signal, onSignal);

await import(entry);
