/** JobEvents in proto3 JSON, as publishers send them. */
export interface EventInit {
  readonly jobId?: string;
  readonly revision?: number | string;
  readonly occurredAt?: string;
  readonly [change: string]: unknown;
}

let count = 0;

/** A JobEvent; say its change, and what else should differ. */
export function jobEvent({ jobId = 'j1', revision = 1, ...rest }: EventInit): Record<string, unknown> {
  return { eventId: `e${count++}`, jobId, revision: String(revision), ...rest };
}

export function snapshotEvent(
  revision: number,
  job: Record<string, unknown> = {},
  jobId = 'j1',
): Record<string, unknown> {
  return jobEvent({ jobId, revision, snapshot: { id: jobId, projectId: 'p1', ...job } });
}

export function patchEvent(
  revision: number,
  job: Record<string, unknown>,
  updateMask?: string,
  jobId = 'j1',
) {
  return jobEvent({ jobId, revision, patch: { job, ...(updateMask !== undefined && { updateMask }) } });
}

export function deletedEvent(revision: number, jobId = 'j1'): Record<string, unknown> {
  return jobEvent({ jobId, revision, deleted: {} });
}

/** The event as EventBridge delivers it. */
export function enveloped(detail: unknown): Record<string, unknown> {
  return {
    version: '0',
    id: crypto.randomUUID(),
    'detail-type': 'JobEvent',
    source: 'publisher',
    account: '123456789012',
    time: '2026-11-23T12:00:00Z',
    region: 'eu-central-1',
    resources: [],
    detail,
  };
}
