import { runProcess } from '@ates/kit/process';
import { readSettings } from '@ates/kit/settings';
import { accountingSettings, startAccounting } from './server.ts';

await runProcess('accounting', async (environment, log) => {
  const accounting = await startAccounting(readSettings(accountingSettings, environment), log);
  return { info: { url: accounting.url, internalPort: accounting.internalPort }, stop: accounting.stop };
});
