import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { describe, expect, it } from 'vitest';

const source = resolve(import.meta.dirname, '..', 'src');

/** From the top down; a folder may import those that stand in a later line. Folders of one line do not know each other. */
const LAYERS = [
  ['cli'],
  ['index'],
  ['commands'],
  ['run'],
  ['report'],
  ['compare', 'doctor', 'leaderboard'],
  ['results'],
  ['families'],
  ['estimators'],
  ['search'],
  ['embedding'],
  ['vectors'],
  ['tokenization'],
  ['models'],
  ['engine'],
  ['onnx'],
  ['datasets'],
  ['definitions'],
  ['metrics'],
  ['numeric'],
  ['write-atomically'],
  ['errors'],
];

/** `metrics`, `numeric` and `errors` import nothing above, and only what the line below says. */
const rankOf = new Map(LAYERS.flatMap((names, rank) => names.map((name): [string, number] => [name, rank])));

interface Import {
  readonly file: string;
  readonly from: string;
  readonly target: string;
  readonly isPackage: boolean;
}

describe('the layers of src', () => {
  const imports = sourceFiles(source).flatMap(importsOf);

  it('are all named here', () => {
    const found = new Set(sourceFiles(source).map(layerOf));
    expect([...found].filter((name) => !rankOf.has(name))).toEqual([]);
  });

  it('import only what lies below them', () => {
    const upward = imports
      .filter(({ isPackage, from, target }) => !isPackage && from !== target)
      .filter(({ from, target }) => (rankOf.get(target) ?? -1) <= (rankOf.get(from) ?? Infinity))
      .map(({ file, target }) => `${file} imports ${target}`);
    expect(upward).toEqual([]);
  });

  it('leave ONNX Runtime to the engine', () => {
    expect(importersOf('onnxruntime-node')).toEqual(['engine']);
  });

  it('load the heavy packages only when they are needed', () => {
    const heavy = [
      'apache-arrow',
      'onnxruntime-node',
      '@huggingface/transformers',
      '@huggingface/tokenizers',
      'gpt-tokenizer',
    ];
    const eager = sourceFiles(source).flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(/^import (?!type)[^;]*? from '([^']+)'/gm)]
        .filter(([, name]) => heavy.some((heavyName) => name === heavyName || name.startsWith(`${heavyName}/`)))
        .map(([, name]) => `${relative(source, file)} imports ${name}`),
    );
    expect(eager).toEqual([]);
  });

  it('print and exit only in cli', () => {
    const talking = sourceFiles(source)
      .filter((file) => layerOf(file) !== 'cli')
      .filter((file) => /console\.|process\.(stdout|stderr)\.write|process\.exit\(/.test(withoutComments(file)))
      .map((file) => relative(source, file));
    // A child process ends itself when its parent is gone.
    expect(talking.filter((file) => !/^run\/[a-z-]*child[a-z-]*\.ts$/.test(file))).toEqual([]);
  });

  it('know no vague names', () => {
    const vague = sourceFiles(source).filter((file) =>
      /(^|[/-])(utils?|helpers?|common|misc)([/.-]|$)/.test(relative(source, file)),
    );
    expect(vague).toEqual([]);
  });

  function importersOf(name: string): string[] {
    return [
      ...new Set(imports.filter(({ target, isPackage }) => isPackage && target === name).map(({ from }) => from)),
    ];
  }
});

function sourceFiles(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return sourceFiles(path);
    return path.endsWith('.ts') ? [path] : [];
  });
}

/** The folder of a file, or its own name where it lies in `src` itself. */
function layerOf(path: string): string {
  return relative(source, path).split(sep)[0].replace(/\.ts$/, '');
}

/** Imports, exports from and dynamic imports; types count, too. */
function importsOf(file: string): Import[] {
  const text = withoutComments(file);
  const found = [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map(([, name]) => name);
  return found.map((name) => {
    const isPackage = !name.startsWith('.');
    const target = isPackage ? name : layerOf(resolve(dirname(file), name.replace(/\.js$/, '.ts')));
    return { file: relative(source, file), from: layerOf(file), target, isPackage };
  });
}

function withoutComments(file: string): string {
  return readFileSync(file, 'utf8')
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/^\s*\/\/.*$/gm, '');
}
