import { runProcess } from '@ates/kit/process/runProcess';
import { readSettings } from '@ates/kit/process/settings';
import { workerSettings } from './settings.ts';
import { startWorkers } from './startWorkers.ts';

await runProcess('workers', async (environment, log) =>
  startWorkers(readSettings(workerSettings, environment), log),
);
