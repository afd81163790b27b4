/** Audit Trails events, after the format's own page. */
export interface AuditInit {
  /** The last part of the event's type, such as `CreateJob`. */
  readonly name: string;
  readonly details?: unknown;
  readonly status?: string;
  readonly type?: string;
  /** RFC 3339. */
  readonly time?: string;
}

/** As the page of the format spells it, and as records in a bucket, a log group or a stream are. */
export function auditEvent({ name, details, status = 'DONE', type, time }: AuditInit): object {
  return {
    event_id: crypto.randomUUID(),
    event_source: 'datasphere',
    event_type: type ?? `yandex.cloud.audit.datasphere.${name}`,
    event_time: time ?? '2026-11-23T12:00:00.123Z',
    authentication: {
      authenticated: true,
      subject_type: 'SERVICE_ACCOUNT',
      subject_id: 'aje1',
      subject_name: 'runner',
    },
    authorization: { authorized: true },
    resource_metadata: {
      path: [{ resource_type: 'datasphere.project', resource_id: 'bt1p', resource_name: 'p' }],
    },
    request_metadata: { remote_address: '192.0.2.1', user_agent: 'test', request_id: crypto.randomUUID() },
    event_status: status,
    details,
  };
}

/** As the page of each event spells it: every name in camelCase, at every level. */
export function camelCased(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(camelCased);
  if (typeof json !== 'object' || json === null) return json;
  return Object.fromEntries(
    Object.entries(json).map(([name, value]) => [
      name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
      camelCased(value),
    ]),
  );
}
