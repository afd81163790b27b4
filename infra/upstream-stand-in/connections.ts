import { createServer, type AddressInfo, type Server as NetServer, type Socket } from 'node:net';
import type { Server, ServerCredentials } from '@grpc/grpc-js';

/** @returns the port, a free one for 0 */
export function listen(server: NetServer, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      resolve((server.address() as AddressInfo).port);
    });
  });
}

/** Listens for a gRPC server and passes on its connections, so that they can be cut while the server lives on. */
export class Connections {
  /** If true, every open and every new connection is closed. */
  private cut = false;
  private readonly sockets = new Set<Socket>();
  private readonly listener: NetServer;
  private readonly injector: ReturnType<Server['createConnectionInjector']>;

  constructor(server: Server, credentials: ServerCredentials) {
    this.injector = server.createConnectionInjector(credentials);
    this.listener = createServer((socket) => {
      if (this.cut) {
        socket.destroy();
        return;
      }
      this.sockets.add(socket);
      socket.on('error', () => undefined);
      socket.once('close', () => this.sockets.delete(socket));
      this.injector.injectConnection(socket);
    });
  }

  get isCut(): boolean {
    return this.cut;
  }

  set isCut(cut: boolean) {
    this.cut = cut;
    if (cut) this.destroyAll();
  }

  /** @returns the port, a free one for 0 */
  listen(port: number): Promise<number> {
    return listen(this.listener, port);
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.listener.close(resolve));
    this.destroyAll();
    this.injector.destroy();
    await closed;
  }

  private destroyAll(): void {
    for (const socket of this.sockets) socket.destroy();
  }
}
