import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Refusal } from '@ates/kit/process/refusal';
import { parseTaskText } from '@ates/tracker/domain/task';

interface StoredTask {
  id: string;
  createdAt: string;
  creatorId: string;
  title: string;
  jiraId: string | null;
  description: string;
}

type Variables = Record<string, string> & { input: Record<string, string> };

/** A refusal as the gateway shows it. Where a hook throws it, it becomes the answer. */
export class Refused extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** Starts a server with just enough of the public endpoint for an import, over real HTTP. */
export async function startStandInServer() {
  const tasks: StoredTask[] = [];
  const byKey = new Map<string, { input: string; task: StoredTask }>();
  /** The user who holds each access token. A test may empty the map to end all tokens. */
  const tokens = new Map<string, string>();
  const refreshTokens = new Map<string, string>();
  const state = {
    tasks,
    tokens,
    refreshes: 0,
    mostAtOnce: 0,
    /** Called before each createTask, with its number from 1. May throw `Refused` or `'hang up'`. */
    beforeCreate: (_number: number): void => {},
    /** Called after each createTask, before its answer is sent. May throw the same. */
    afterCreate: (_number: number): void => {},
  };
  let creates = 0;
  let atOnce = 0;

  const openSession = (userId: string) => {
    const accessToken = randomUUID();
    const refreshToken = randomUUID();
    tokens.set(accessToken, userId);
    refreshTokens.set(refreshToken, userId);
    const user = { id: userId, name: userId, role: 'EMPLOYEE' };
    const accessTokenExpiresAt = new Date(Date.now() + 900_000).toISOString();
    return { accessToken, accessTokenExpiresAt, refreshToken, user };
  };

  const createTask = (userId: string, input: Record<string, string>) => {
    const { idempotencyKey, ...rest } = input;
    const kept = JSON.stringify(rest);
    const known = byKey.get(`${userId} ${idempotencyKey}`);
    if (known && known.input !== kept)
      throw new Refused('CONFLICT', 'This key was used with other arguments.');
    if (known) return known.task;
    const {
      title,
      description,
      jiraId = null,
    } = rest as { title: string; description: string; jiraId?: string };
    try {
      // The tracker's own rule decides which texts a task may have.
      parseTaskText({ title, description, jiraId });
    } catch (error) {
      if (error instanceof Refusal) throw new Refused(error.code, error.message);
      throw error;
    }
    const task = {
      id: randomUUID(),
      createdAt: new Date().toISOString(),
      creatorId: userId,
      title: input.title!,
      jiraId: input.jiraId ?? null,
      description: input.description!,
    };
    tasks.push(task);
    byKey.set(`${userId} ${idempotencyKey}`, { input: kept, task });
    return task;
  };

  const answer = async (document: string, variables: Variables, token: string): Promise<unknown> => {
    if (document.includes('login(')) {
      if (variables.beakShape !== 'curved')
        throw new Refused('UNAUTHENTICATED', 'Wrong login or beak shape.');
      return { session: openSession(variables.login!) };
    }
    if (document.includes('refreshSession(')) {
      const userId = refreshTokens.get(variables.refreshToken!);
      refreshTokens.delete(variables.refreshToken!);
      if (!userId) throw new Refused('UNAUTHENTICATED', 'This session has ended. Sign in again.');
      state.refreshes++;
      return { session: openSession(userId) };
    }
    const userId = tokens.get(token);
    if (!userId) throw new Refused('UNAUTHENTICATED', 'The access token has run out.');
    if (document.includes('createTask(')) {
      const number = ++creates;
      // Gives the next requests time to arrive, so that `mostAtOnce` can exceed 1.
      await new Promise((resolve) => setTimeout(resolve, 2));
      state.beforeCreate(number);
      const task = createTask(userId, variables.input);
      state.afterCreate(number);
      return { createTask: task };
    }
    const own = tasks.filter((task) => task.creatorId === variables.creatorId);
    return { tasks: { nodes: own.slice(-1) } };
  };

  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { query, variables } = JSON.parse(Buffer.concat(chunks).toString());
    state.mostAtOnce = Math.max(state.mostAtOnce, ++atOnce);
    let body: unknown;
    try {
      const data = await answer(query, variables, (request.headers.authorization ?? '').slice(7));
      body = { data };
    } catch (error) {
      if (error === 'hang up') {
        request.socket.destroy();
        return;
      }
      if (!(error instanceof Refused)) throw error;
      body = { data: null, errors: [{ message: error.message, extensions: { code: error.code } }] };
    } finally {
      atOnce--;
    }
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(state, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`,
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  });
}
