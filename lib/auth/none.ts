import type { Authenticator } from './authenticator.ts';

/** `AUTH_MODE=none`: everybody reads everything. For one's own machine. */
export const openDoor: Authenticator = {
  authenticate: () => Promise.resolve({ mayRead: () => true }),
};
