const kept: Uint8Array[] = [];

/** A target that keeps a little of every input. */
export function fuzz(data: Uint8Array): void {
  kept.push(new Uint8Array(data.subarray(0, 200)));
}
