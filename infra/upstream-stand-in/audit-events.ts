/**
 * The Audit Trails events of the world.
 *
 * @see https://github.com/yandex-cloud/docs/blob/master/en/audit-trails/concepts/format.md
 * @see https://github.com/yandex-cloud/docs/blob/master/en/_includes/audit-trails/events/ds-events.md
 */
import type { Random } from './random.ts';
import { drawId } from './job-content.ts';

/** The events of jobs that upstream sends. It sends none when a job ends or is deleted. */
export type JobEventName =
  | 'CreateJob'
  | 'CloneJob'
  | 'ExecuteJob'
  | 'CancelJob'
  | 'DeleteJobData'
  | 'DeleteAllJobData'
  | 'UpdateJobDataTtl';

export type Envelope = Readonly<Record<string, unknown>>;

export interface AuditEvent {
  readonly type: string;
  readonly status: 'STARTED' | 'RUNNING' | 'DONE' | 'ERROR' | 'CANCELLED';
  readonly projectId: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/** Why a request failed, as its event says. */
const failure = { code: 9, message: 'the job is not in a state that allows this', details: [] };

/** The envelope of an event, in snake_case as on the format page, or in camelCase as on the pages of single events. */
export function envelope(event: AuditEvent, at: number, random: Random): Envelope {
  const { type, status, projectId, details } = event;
  const snake = {
    event_id: drawId(random, 'cnp'),
    event_source: type.split('.')[3],
    event_type: type,
    event_time: new Date(at).toISOString(),
    authentication: {
      authenticated: true,
      subject_type: 'SERVICE_ACCOUNT',
      subject_id: 'ajestandin0user00001',
      subject_name: 'pipeline',
    },
    authorization: { authorized: true },
    resource_metadata: {
      path: [
        {
          resource_type: 'organization-manager.organization',
          resource_id: 'bpfstandin0org000001',
          resource_name: 'org',
        },
        { resource_type: 'datasphere.project', resource_id: projectId, resource_name: projectId },
      ],
    },
    request_metadata: {
      remote_address: '203.0.113.7',
      user_agent: 'datasphere-cli',
      request_id: drawId(random, 'req'),
    },
    event_status: status,
    ...(status === 'ERROR' && { error: failure }),
    details,
  };
  return random.below(2) === 0 ? snake : (inCamelCase(snake) as Envelope);
}

function inCamelCase(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inCamelCase);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
      inCamelCase(inner),
    ]),
  );
}

export function jobEvent(
  name: JobEventName,
  status: AuditEvent['status'],
  projectId: string,
  details: Readonly<Record<string, unknown>>,
): AuditEvent {
  return {
    type: `yandex.cloud.audit.datasphere.${name}`,
    status,
    projectId,
    details: { project_id: projectId, ...details },
  };
}

/** An event that is not of a job: a trail carries the events of every service. */
export function unrelatedEvent(projectId: string, random: Random): AuditEvent {
  const types = [
    'yandex.cloud.audit.iam.CreateServiceAccount',
    'yandex.cloud.audit.storage.BucketUpdate',
    'yandex.cloud.audit.datasphere.UpdateProject',
    'yandex.cloud.audit.compute.StartInstance',
  ];
  const type = types[random.below(types.length)]!;
  return { type, status: 'DONE', projectId, details: { name: drawId(random, 'x') } };
}
