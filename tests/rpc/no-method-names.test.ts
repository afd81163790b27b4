/** Protocols serve whatever methods they are given, so they name none. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { openDoor } from '../../lib/auth/none.ts';
import { createMethods } from '../../lib/rpc/methods.ts';

const root = join(import.meta.dirname, '../..');
const store = { get: () => Promise.resolve(undefined) };
const methods = createMethods({ store, authenticator: openDoor });

/** Names that would tie a protocol to a method. `Get` as a word of its own: HTTP has a GET, and Maps have a `get`. */
const names = methods.flatMap(({ service, name, requestType, responseType, restPath = '' }) => [
  service,
  service.split('.').at(-1)!,
  requestType.name,
  `${name}(?![a-z])`,
  `\\b${responseType.name}\\b`,
  restPath.split('/{')[0]!,
]);

it.each(['lib/protocol/http', 'lib/protocol/grpc'])('no file of %s names a method', (folder) => {
  const pattern = new RegExp(names.filter((name) => name !== '').join('|'));
  const files = readdirSync(join(root, folder));
  expect(files.length).toBeGreaterThan(8);
  const named = files.flatMap((file) =>
    readFileSync(join(root, folder, file), 'utf8')
      .split('\n')
      .filter((line) => pattern.test(line))
      .map((line) => `${file}: ${line.trim()}`),
  );
  expect(named).toEqual([]);
});
