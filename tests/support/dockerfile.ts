/** Builds what a Dockerfile says by hand, in plain folders: one for each stage, with the host's npm and this Node. */
import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, symlink } from 'node:fs/promises';
import { basename, delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { Copy, DockerfileParser } from 'dockerfile-ast';

export interface BuildOptions {
  /** The folder that `docker build` would be given. */
  readonly context: string;
  readonly dockerfile: string;
  /** Where the stages' folders go. */
  readonly folder: string;
  /** Commands that are not run again since their result is at hand: by command, what to link to `node_modules`. */
  readonly installed: Readonly<Record<string, string>>;
}

/** What the last stage amounts to. */
export interface Image {
  /** Its root folder. */
  readonly root: string;
  readonly workdir: string;
  readonly env: Readonly<Record<string, string>>;
  readonly user: string | undefined;
  readonly stopSignal: string | undefined;
  /** ENTRYPOINT and CMD. */
  readonly command: readonly string[];
  readonly healthCheck: readonly string[];
}

interface Stage {
  readonly name: string;
  readonly root: string;
  workdir: string;
  readonly env: Record<string, string>;
  readonly texts: Record<string, string>;
}

export async function buildByHand(options: BuildOptions): Promise<Image> {
  const instructions = DockerfileParser.parse(await readFile(options.dockerfile, 'utf8')).getInstructions();
  const ignore = await readIgnore(`${options.dockerfile}.dockerignore`);
  const stages: Stage[] = [];
  for (const instruction of instructions) {
    const text = instruction.getArgumentsContent() ?? '';
    const keyword = instruction.getKeyword();
    if (keyword === 'FROM') {
      const name = / AS (\w+)$/.exec(text)?.[1] ?? String(stages.length);
      const root = join(options.folder, name);
      await mkdir(root, { recursive: true });
      stages.push({ name, root, workdir: '/', env: {}, texts: {} });
      continue;
    }
    const stage = stages.at(-1)!;
    if (keyword === 'WORKDIR') {
      stage.workdir = text;
      await mkdir(join(stage.root, text), { recursive: true });
    } else if (keyword === 'ENV') {
      for (const pair of text.split(/\s+/)) Object.assign(stage.env, Object.fromEntries([pair.split('=')]));
    } else if (instruction instanceof Copy) {
      const from = instruction.getFromFlag()?.getValue() ?? undefined;
      await copy(stage, stages, { from, paths: text.split(/\s+/) }, options.context, ignore);
    } else if (keyword === 'RUN') await run(stage, text, options.installed);
    else stage.texts[keyword] = text;
  }
  const { root, workdir, env, texts } = stages.at(-1)!;
  const list = (text = '[]'): readonly string[] => JSON.parse(text.slice(text.indexOf('['))) as string[];
  return {
    root,
    workdir: join(root, workdir),
    env,
    user: texts['USER'],
    stopSignal: texts['STOPSIGNAL'],
    command: [...list(texts['ENTRYPOINT']), ...list(texts['CMD'])],
    healthCheck: list(texts['HEALTHCHECK']),
  };
}

/** What the context holds: names that are let in, and names of folders that are kept out at any depth. */
interface Ignore {
  readonly allowed: readonly string[];
  readonly hidden: readonly string[];
}

async function readIgnore(file: string): Promise<Ignore> {
  const lines = (await readFile(file, 'utf8')).split('\n');
  return {
    allowed: lines.filter((line) => line.startsWith('!')).map((line) => line.slice(1)),
    hidden: lines.filter((line) => line.startsWith('**/')).map((line) => line.slice(3)),
  };
}

async function copy(
  stage: Stage,
  stages: readonly Stage[],
  { from, paths }: { readonly from: string | undefined; readonly paths: readonly string[] },
  context: string,
  { allowed, hidden }: Ignore,
): Promise<void> {
  const source = from === undefined ? context : stages.find(({ name }) => name === from)!.root;
  const target = paths.at(-1)!;
  for (const path of paths.slice(0, -1)) {
    if (from === undefined && !allowed.some((name) => path === name || path.startsWith(`${name}/`)))
      throw new Error(`COPY ${path}: .dockerignore keeps it out of the context`);
    const place = target.endsWith('/') ? join(target, basename(path)) : target;
    await cp(join(source, path), join(stage.root, stage.workdir, place), {
      recursive: true,
      filter: (file) => from !== undefined || !hidden.includes(basename(file)),
    });
  }
}

async function run(stage: Stage, command: string, installed: BuildOptions['installed']): Promise<void> {
  const cwd = join(stage.root, stage.workdir);
  const modules = installed[command];
  if (modules !== undefined) {
    await symlink(modules, join(cwd, 'node_modules'));
    return;
  }
  const PATH = [dirname(process.execPath), process.env['PATH']].join(delimiter);
  await promisify(execFile)('sh', ['-c', command], { cwd, env: { ...process.env, PATH }, timeout: 60_000 });
}
