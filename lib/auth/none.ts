import type { Authenticator, Caller } from './authenticator.ts';

/** `AUTH_MODE=none`: everybody reads everything. For one's own machine. */
export const openDoor: Authenticator = {
  authenticate: () => Promise.resolve(everybody),
};

const everybody: Caller = { mayRead: () => true, readsEverything: true };
