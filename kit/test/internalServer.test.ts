import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { closeServer, listen, startInternalServer } from '../src/process/internalServer.ts';

test('a port that is taken is refused by the name of the setting that chose it', async () => {
  const squatter = createServer();
  await listen(squatter, 0, '127.0.0.1');
  const { port } = squatter.address() as AddressInfo;
  const at = { host: '127.0.0.1', port };
  try {
    await expect(startInternalServer({ ...at, isReady: () => true })).rejects.toThrow(
      `Port ${port} on 127.0.0.1 is taken by another process: end that one, or choose another port with INTERNAL_PORT.`,
    );
    await expect(listen(createServer(), port, at.host)).rejects.toThrow(/choose another port with PORT\.$/);
  } finally {
    await closeServer(squatter, 0);
  }
});
