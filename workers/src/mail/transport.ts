import { mkdirSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SettingError } from '@ates/kit/process/settings';
import { createTransport } from 'nodemailer';

/** One message, with an id that stays the same when it is sent again. */
export interface Message {
  readonly id: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

/** Sends mail. `send` rejects where the server does not accept it. */
export interface MailTransport {
  /** How many messages it sends at once; a further one waits. */
  readonly connections: number;
  send(message: Message): Promise<void>;
  close(): void;
}

/** How long a mail server may take to answer, in milliseconds. */
const timeoutMs = 10_000;

/** How many messages go to a mail server at once. */
const smtpConnections = 4;

/** How many files are written at once. */
const fileConnections = 20;

/** Returns the transport that the settings ask for: to the server at `SMTP_URL`, or into files where it is not set. */
export const transportOf = (settings: {
  SMTP_URL?: string | undefined;
  MAIL_DIR: string;
  MAIL_FROM: string;
}): MailTransport =>
  settings.SMTP_URL
    ? smtpTransport(settings.SMTP_URL, settings.MAIL_FROM)
    : fileTransport(settings.MAIL_DIR, settings.MAIL_FROM);

/** Returns a transport to the mail server at `smtpUrl`, over a few connections. */
export function smtpTransport(smtpUrl: string, from: string): MailTransport {
  const transport = createTransport({
    url: smtpUrl,
    pool: true,
    maxConnections: smtpConnections,
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
  } as never);
  return {
    connections: smtpConnections,
    send: async ({ id, to, subject, text }) => {
      await transport.sendMail({ from, to, subject, text, messageId: messageId(id) });
    },
    close: () => transport.close(),
  };
}

/**
 * Returns a transport that writes each message as an `.eml` file. A message that is sent again replaces its file.
 * @throws SettingError where the directory cannot be made.
 */
export function fileTransport(directory: string, from: string): MailTransport {
  try {
    mkdirSync(directory, { recursive: true });
  } catch (error) {
    throw new SettingError(`MAIL_DIR must be a directory that can be written: ${(error as Error).message}.`);
  }
  const transport = createTransport({ streamTransport: true, buffer: true, newline: 'unix' });
  return {
    connections: fileConnections,
    async send({ id, to, subject, text }) {
      const { message } = await transport.sendMail({ from, to, subject, text, messageId: messageId(id) });
      const file = join(directory, `${id}.eml`);
      await writeFile(`${file}.part`, message as Buffer);
      await rename(`${file}.part`, file);
    },
    close: () => transport.close(),
  };
}

const messageId = (id: string) => `<${id}@task-exchange>`;
