/** What a queue message may have; docs/limits.md lists these with all other limits. */

/** The queue's own limit for a message, in bytes. */
export const eventSizeLimit = 1 << 20;

/** Objects and arrays in one another. protobuf's own readers stop at 100 too; a JobEvent in its envelope has 9. */
export const jsonDepthLimit = 100;
