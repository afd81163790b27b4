/** The calls that the stand-in got. */
export type Method = 'Get' | 'List' | 'IamToken';

export interface Call {
  readonly method: Method;
  /** The job of a Get. */
  readonly jobId?: string;
  /** The project of a List. */
  readonly projectId?: string;
  /** When it arrived, in milliseconds since 1970. */
  readonly at: number;
  /** How it ended, as a google.rpc.Code; undefined while it is under way. */
  code: string | undefined;
}

/** Every call that arrived, with its outcome. On a connection that a fault closed, no call arrives. */
export class CallLog {
  readonly all: Call[] = [];
  /** How many calls there were, also before `clear`. */
  begun = 0;
  /** How many calls were beyond the quota. */
  quotaExceeded = 0;

  /** Notes a call. The code is set when it is answered. */
  begin(call: Omit<Call, 'code'>): Call {
    this.begun++;
    const noted = { ...call, code: undefined };
    this.all.push(noted);
    return noted;
  }

  count(method?: Method): number {
    return this.of(method).length;
  }

  /** How many calls began in each minute, by its first millisecond. Minutes without calls are left out. */
  perMinute(method?: Method): ReadonlyMap<number, number> {
    const minutes = new Map<number, number>();
    for (const { at } of this.of(method)) {
      const minute = at - (at % 60_000);
      minutes.set(minute, (minutes.get(minute) ?? 0) + 1);
    }
    return minutes;
  }

  clear(): void {
    this.all.length = 0;
    this.quotaExceeded = 0;
  }

  private of(method: Method | undefined): readonly Call[] {
    return method === undefined ? this.all : this.all.filter((call) => call.method === method);
  }
}
