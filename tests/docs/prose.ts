/** The words that people read: comments, messages, titles of tests, and pages, each with its place in its file. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

const projectRoot = join(import.meta.dirname, '../..');

export interface Passage {
  /** Path from the project's root. */
  readonly file: string;
  /** What the passage is: `text` stands for a whole file. */
  readonly kind: 'comment' | 'message' | 'title' | 'text';
  readonly text: string;
  /** Line of the file that the passage begins on, from 1. */
  readonly line: number;
}

const isSource = (file: string): boolean => /\.[jt]s$/.test(file);
const isOurs = (file: string): boolean => !/node_modules|\/generated\/|\.svg$|^tests\/data\//.test(file);

/** Every passage of the files that a glob names. @param glob as in `lib/**` */
export function passagesOf(glob: string): readonly Passage[] {
  return globSync(glob, { cwd: projectRoot, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(projectRoot.length + 1))
    .filter(isOurs)
    .sort()
    .flatMap((file) => {
      const text = readFileSync(join(projectRoot, file), 'utf8');
      return isSource(file) ? passagesOfSource(file, text) : [passageOfPage(file, text)];
    });
}

/** A title that a page quotes is for its own file to word. */
function passageOfPage(file: string, text: string): Passage {
  return { file, kind: 'text', text: text.replaceAll(/(?<=› ).*/g, ''), line: 1 };
}

function passagesOfSource(file: string, text: string): readonly Passage[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const lineAt = (offset: number): number => source.getLineAndCharacterOfPosition(offset).line + 1;
  const passages: Passage[] = [];
  let comments = text;
  const visit = (node: ts.Node): void => {
    if (isText(node)) {
      const kind = isTitle(node) ? 'title' : 'message';
      passages.push({ file, kind, text: node.text, line: lineAt(node.getStart()) });
    }
    // What is left once texts are blank has comments where it looks as if it had.
    if (isText(node) || ts.isRegularExpressionLiteral(node))
      comments =
        comments.slice(0, node.getStart()) + ' '.repeat(node.getWidth()) + comments.slice(node.getEnd());
    ts.forEachChild(node, visit);
  };
  visit(source);
  for (const { 0: comment, index } of comments.matchAll(/\/\*[^]*?\*\/|\/\/.*/g)) {
    const words = comment.replaceAll(/^\s*(?:\/\*\*?|\*(?!\/)|\/\/)|\*\/$/gm, '');
    passages.push({ file, kind: 'comment', text: words, line: lineAt(index) });
  }
  return passages;
}

const isText = (node: ts.Node): node is ts.LiteralLikeNode =>
  ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node);

/** Whether a text is the first argument of `it`, `it.each(…)`, `describe` and the like. */
function isTitle(node: ts.Node): boolean {
  const call = ts.isTemplateHead(node) ? node.parent.parent : node.parent;
  if (!ts.isCallExpression(call)) return false;
  const isFirst = call.arguments[0] === node || call.arguments[0] === node.parent;
  return isFirst && /^(it|test|describe)\b/.test(call.expression.getText());
}
