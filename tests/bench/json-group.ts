/** Bytes → canonical JSON. */
import { fromBinary, toJsonString } from '@bufbuild/protobuf';
import protojson from 'protobufjs/ext/protojson.js';
import { jobMessageType } from '../../lib/events/message-types.ts';
import { jobToJson } from '../../lib/job/json.ts';
import { jobDesc } from '../support/job-descriptors.ts';
import { benchJobs } from './jobs.ts';
import { measure } from './measure.ts';
import { cpuFigures, type Figure } from './report.ts';

export function jsonGroup(): readonly Figure[] {
  return benchJobs.flatMap(({ name: size, bytes }) => {
    const ready = JSON.parse(jobToJson(bytes)) as unknown;
    const measured = measure([
      { name: 'ours', run: () => jobToJson(bytes) },
      { name: '@bufbuild/protobuf', run: () => toJsonString(jobDesc, fromBinary(jobDesc, bytes)) },
      {
        name: 'protobufjs with protojson',
        run: () => protojson.toJsonString(jobMessageType, jobMessageType.decode(bytes)),
      },
      { name: 'protobufjs decode alone', run: () => jobMessageType.decode(bytes) },
      { name: 'JSON.stringify of a ready object', run: () => JSON.stringify(ready) },
    ]);
    return cpuFigures('json', `${size}, ${bytes.length} bytes`, measured);
  });
}
