import { runProcess } from '@ates/kit/process';
import { readSettings } from '@ates/kit/settings';
import { startAuth } from './server.ts';
import { authSettings } from './settings.ts';

await runProcess('auth', async (environment, log) => {
  const auth = await startAuth(readSettings(authSettings, environment), log);
  for (const { login, beakShape } of environment.SEED === 'demo' ? [] : (auth.seeded ?? [])) {
    // Not a matter of LOG_LEVEL: it is the only way in.
    console.log(
      `the first admin is "${login}"${environment.ADMIN_BEAK_SHAPE ? '' : `, with the beak shape "${beakShape}": it is shown only this once`}`,
    );
  }
  return { info: { url: auth.url, internalPort: auth.internalPort, seeded: auth.seeded }, stop: auth.stop };
});
