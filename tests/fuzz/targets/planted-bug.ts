/** A target with a bug that one in four billion inputs shows, unless whoever makes them follows what runs. */
export function fuzz(data: Uint8Array): void {
  if (data[0] !== 0x6a) return;
  if (data[1] !== 0x6f) return;
  if (data[2] !== 0x62) return;
  if (data[3] === 0x21) throw new Error('planted');
}
