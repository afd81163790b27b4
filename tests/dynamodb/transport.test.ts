import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { readFile } from 'node:fs/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { answerSizeLimit, createTransport, type Transport } from '../../lib/dynamodb/client/transport.ts';
import { makeCertificate } from '../support/certificates.ts';

describe('the transport', () => {
  const open: { server?: Server | undefined; transport?: Transport | undefined } = {};
  const sockets = new Set<Socket>();

  afterEach(async () => {
    open.transport?.destroy();
    open.server?.closeAllConnections();
    if (open.server !== undefined) await new Promise((resolve) => open.server!.close(resolve));
    sockets.clear();
    open.server = undefined;
    open.transport = undefined;
  });

  const start = async (listener: RequestListener): Promise<number> => {
    const server = createServer(listener);
    server.on('connection', (socket) => sockets.add(socket));
    open.server = server;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  };
  const call = (port: number, options: { abortSignal?: AbortSignal } = {}) => {
    open.transport ??= createTransport({ connectTimeoutMs: 300, answerTimeoutMs: 300 });
    const request = { protocol: 'http:', hostname: '127.0.0.1', port, method: 'POST', path: '/' };
    return open.transport.handle({ ...request, headers: { 'x-test': 'yes' }, body: 'ping', ...options });
  };
  it('sends body and headers, and gives status, headers and the whole body', async () => {
    const port = await start((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        response.writeHead(400, { 'x-answer': String(request.headers['x-test']) });
        response.write(Buffer.concat(chunks));
        setTimeout(() => response.end('pong'), 20);
      });
    });
    const { response } = await call(port);
    expect([
      response.statusCode,
      response.headers['x-answer'],
      Buffer.from(response.body).toString(),
    ]).toEqual([400, 'yes', 'pingpong']);
  });

  it('keeps its connection from one call to the next', async () => {
    const port = await start((_, response) => response.end('pong'));
    for (let time = 0; time < 5; time++) await call(port);
    expect(sockets.size).toBe(1);
  });

  it.each<[string, RequestListener]>([
    ['never answers', () => undefined],
    ['begins an answer and does not end it', (_, response) => response.write('po')],
  ])('gives up on a server that %s, as a timeout, and lets go of the connection', async (_, listener) => {
    const port = await start(listener);
    const startMs = performance.now();
    await expect(call(port)).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(performance.now() - startMs).toBeLessThan(1500);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect([...sockets].filter((socket) => socket.readyState === 'open')).toEqual([]);
  });

  it('fails if an answer breaks off', async () => {
    const port = await start((_, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('half', () => response.destroy());
    });
    await expect(call(port)).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  it('takes an answer of 8 MiB, gives up on a larger one before it has come, and lets go of the connection', async () => {
    const size = { bytes: answerSizeLimit };
    const port = await start((_, response) => {
      response.write(Buffer.alloc(size.bytes));
      // One that is too large does not even end.
      if (size.bytes === answerSizeLimit) response.end();
    });
    open.transport = createTransport({ connectTimeoutMs: 5000, answerTimeoutMs: 5000 });
    expect((await call(port)).response.body).toHaveLength(answerSizeLimit);
    size.bytes++;
    await expect(call(port)).rejects.toMatchObject({
      name: 'AnswerTooLargeError',
      message: "the answer has more than 8388608 bytes; DynamoDB's answers have fewer",
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect([...sockets].filter((socket) => socket.readyState === 'open')).toEqual([]);
  });

  it('fails if nothing listens', async () => {
    const port = await start(() => undefined);
    await new Promise((resolve) => open.server!.close(resolve));
    await expect(call(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('stops when its caller does, before the call or during it', async () => {
    const port = await start(() => undefined);
    await expect(call(port, { abortSignal: AbortSignal.abort() })).rejects.toMatchObject({
      name: 'AbortError',
    });
    const during = AbortSignal.timeout(50);
    await expect(call(port, { abortSignal: during })).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('speaks TLS, and trusts no unknown certificate', async () => {
    const certificate = await makeCertificate();
    const server = createTlsServer(
      { cert: await readFile(certificate.certFile), key: await readFile(certificate.keyFile) },
      (_, response) => response.end('pong'),
    );
    open.server = server;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    open.transport = createTransport({ connectTimeoutMs: 1000, answerTimeoutMs: 1000 });
    const request = {
      protocol: 'https:',
      hostname: 'localhost',
      port,
      method: 'POST',
      path: '/',
      headers: {},
    };
    await expect(open.transport.handle(request)).rejects.toMatchObject({
      code: expect.stringMatching(/CERT|SELF_SIGNED/) as unknown,
    });
    await certificate.remove();
  });
});
