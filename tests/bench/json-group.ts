/** Bytes → canonical JSON. */
import { fromBinary, toJsonString } from '@bufbuild/protobuf';
import protojson from 'protobufjs/ext/protojson.js';
import { jobMessageType } from '../../lib/events/message-types.ts';
import { jobToJson } from '../../lib/job/job-type.ts';
import { jobDesc } from '../support/job-descriptors.ts';
import type { Figure } from './figure.ts';
import { benchJobs } from './jobs.ts';
import { measure, type Contestant } from './measure.ts';
import { generateStaticCode, importStaticCode, type StaticMessage } from './peers/protobufjs-static.ts';

export async function jsonGroup(): Promise<readonly Figure[]> {
  generateStaticCode();
  const { Job } = await importStaticCode();
  const figures: Figure[] = [];
  for (const { name, bytes } of benchJobs) {
    const subject = `${name} job, ${bytes.length} bytes of protobuf`;
    figures.push(...(await measure({ group: 'json', subject }, contestants(bytes, Job))));
  }
  return figures;
}

function contestants(bytes: Uint8Array, staticJob: StaticMessage): readonly Contestant[] {
  const ready = JSON.parse(jobToJson(bytes)) as unknown;
  return [
    { name: 'ours', run: () => jobToJson(bytes) },
    { name: '@bufbuild/protobuf', run: () => toJsonString(jobDesc, fromBinary(jobDesc, bytes)) },
    {
      name: 'protobufjs reflection with protojson',
      run: () => protojson.toJsonString(jobMessageType, jobMessageType.decode(bytes)),
    },
    { name: 'protobufjs static decode alone', run: () => staticJob.decode(bytes) },
    { name: 'protobufjs reflection decode alone', run: () => jobMessageType.decode(bytes) },
    { name: 'JSON.stringify of a ready object', run: () => JSON.stringify(ready) },
  ];
}
