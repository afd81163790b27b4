/** Preloaded into a process that must be wrong: replaces one text in one source file as it is loaded. */
import { registerHooks } from 'node:module';

const { file, from, to } = JSON.parse(process.env.PLANTED_BUG);

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    if (!url.endsWith(`/${file}`)) return loaded;
    const source = loaded.source.toString();
    if (source.split(from).length !== 2) throw new Error(`${file} must hold once: ${from}`);
    return { ...loaded, source: source.replace(from, () => to) };
  },
});
