/** What a queue message may have; docs/limits.md lists these with all other limits. */

/** The queue's own limit for a message, in bytes. */
export const eventSizeLimit = 1 << 20;

/** Objects and arrays in one another. protobuf's own readers stop at 100 too; a JobEvent in its envelope has 9. */
export const jsonDepthLimit = 100;

/** Objects and arrays in all. Each is more work for a parser than its two bytes; a message of nothing but files has half as many. */
export const jsonCountLimit = 100_000;

/** The most Audit Trails events in a message. A message of the largest size has room for fewer whole ones. */
export const auditEventsLimit = 2000;

/** The most jobs that the Audit Trails events of a message name; each costs a read of upstream. */
export const noticesLimit = 5000;
