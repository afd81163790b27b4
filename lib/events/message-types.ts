import protobuf from 'protobufjs/light.js';
import { jobEventDescriptor } from './generated/job-event.ts';

// Loaded from JSON that was built with this version, never from a `.proto` at run time.
const root = protobuf.Root.fromJSON(jobEventDescriptor);

/** `datasphere.jobcache.v1.JobEvent` */
export const jobEventType = root.lookupType('datasphere.jobcache.v1.JobEvent');

/** `yandex.cloud.datasphere.v2.jobs.Job` */
export const jobMessageType = root.lookupType('yandex.cloud.datasphere.v2.jobs.Job');
