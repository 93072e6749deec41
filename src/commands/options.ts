/** How the value of an option is written and read. */
export type OptionKind = 'text' | 'texts' | 'integer' | 'number' | 'bytes' | 'flag' | 'boolean' | 'choice';

export type OptionGroup = 'what to run' | 'model' | 'prompts' | 'scores' | 'machine' | 'output';

export interface OptionDefinition {
  readonly kind: OptionKind;
  /** One letter. */
  readonly short?: string;
  /** What help shows in place of the value. */
  readonly value?: string;
  readonly choices?: readonly string[];
  /** Smallest and largest number. */
  readonly min?: number;
  readonly max?: number;
  readonly group: OptionGroup;
  readonly help: string;
}

/**
 * Every option, whichever command takes it. Each can also be given as `JMTEB_<NAME>` in the environment and as a key of the
 * file that `--config` names; the command line wins over the environment, the environment over the file.
 *
 * A new option needs its entry here and its name in the list of a command (`cli/commands.ts`).
 */
export const OPTIONS = {
  model: {
    kind: 'texts',
    short: 'm',
    value: 'MODEL',
    group: 'what to run',
    help: 'a Hub id, a folder, vectors:<folder>, baseline:char-ngram; repeat for several',
  },
  tasks: {
    kind: 'texts',
    short: 't',
    value: 'TASK,...',
    group: 'what to run',
    help: 'ids, globs or definition files; "-" and "_" are the same',
  },
  exclude: { kind: 'texts', value: 'TASK,...', group: 'what to run', help: 'ids or globs to leave out' },
  family: { kind: 'texts', value: 'FAMILY,...', group: 'what to run', help: 'families to keep' },
  suite: { kind: 'text', short: 's', value: 'SUITE', group: 'what to run', help: 'a suite (default: jmteb-v1)' },
  'data-dir': { kind: 'text', value: 'FOLDER', group: 'what to run', help: 'a local mirror of the rows' },
  limit: {
    kind: 'integer',
    value: 'N',
    min: 1,
    group: 'what to run',
    help: 'smoke run: N queries, pairs or rows a split; the result is partial and never ranked',
  },
  'accept-data-changes': {
    kind: 'flag',
    group: 'what to run',
    help: 'run on data that differs from hashes or counts; said in the result, never ranked',
  },
  offline: { kind: 'flag', group: 'what to run', help: 'ask nothing over the network: the cache of the Hub has to do' },
  'dry-run': { kind: 'flag', group: 'what to run', help: 'say what would be done, and do not' },
  config: { kind: 'text', value: 'FILE', group: 'what to run', help: 'JSON file with options, named as here' },

  revision: { kind: 'text', value: 'REVISION', group: 'model', help: 'commit, branch or tag of a model of the Hub' },
  pooling: { kind: 'choice', choices: ['mean', 'cls', 'last_token'], group: 'model', help: "in place of the model's" },
  normalize: { kind: 'boolean', group: 'model', help: "unit length or not, in place of the model's" },
  'max-tokens': { kind: 'integer', value: 'N', min: 3, group: 'model', help: 'longest input, special tokens included' },
  'truncate-dim': {
    kind: 'integer',
    value: 'N',
    min: 1,
    group: 'model',
    help: 'score with the first N dimensions; stored vectors stay whole',
  },
  dictionary: {
    kind: 'text',
    value: 'FOLDER',
    group: 'model',
    help: 'compiled MeCab dictionary of Japanese tokenizers (default: where packages of Python and MeCab have it)',
  },
  dtype: {
    kind: 'text',
    value: 'TYPE',
    group: 'model',
    help: 'number type (default: fp32); fp16 and bf16 where the device computes in them, else ONNX exports: fp16, q8, int8, uint8, q4, bnb4, q4f16',
  },
  'onnx-file': { kind: 'text', value: 'FILE', group: 'model', help: 'the ONNX export to run, relative to the model' },
  'batch-tokens': { kind: 'integer', value: 'N', min: 1, group: 'model', help: 'tokens a batch, padding included' },
  'batch-policy': {
    kind: 'choice',
    choices: ['bucketed', 'single'],
    group: 'model',
    help: 'texts of like length together, or each by itself',
  },
  endpoint: {
    kind: 'texts',
    value: 'ADDRESS',
    group: 'model',
    help: 'of a server that runs openai:<name>, such as http://localhost:8000/v1; repeat for several',
  },
  'api-key-env': {
    kind: 'text',
    value: 'NAME',
    group: 'model',
    help: 'environment variable with the key (default: OPENAI_API_KEY for OpenAI, none for other servers)',
  },
  concurrency: {
    kind: 'integer',
    value: 'N',
    min: 1,
    max: 256,
    group: 'model',
    help: 'requests under way at each endpoint (default: 4)',
  },
  dimensions: {
    kind: 'integer',
    value: 'N',
    min: 1,
    max: 65_536,
    group: 'model',
    help: 'dimensions that a server is asked for; --truncate-dim cuts whole vectors here',
  },

  prompt: { kind: 'text', value: 'TEXT', group: 'prompts', help: 'before texts that are neither query nor document' },
  'query-prompt': { kind: 'text', value: 'TEXT', group: 'prompts', help: 'before queries' },
  'document-prompt': { kind: 'text', value: 'TEXT', group: 'prompts', help: 'before documents' },
  'no-prompt': { kind: 'flag', group: 'prompts', help: 'no prompts, although the model has some' },

  protocol: {
    kind: 'text',
    value: 'NAME',
    group: 'scores',
    help: 'published (default), corrected, published+<deviation>,... or corrected-<deviation>,...',
  },
  seed: { kind: 'integer', value: 'N', min: 0, max: 2 ** 32 - 1, group: 'scores', help: 'of clusterings (default: 0)' },
  'seed-mode': {
    kind: 'choice',
    choices: ['each', 'stream'],
    group: 'scores',
    help: 'each: every fit starts the generator again (default); stream: one generator through all fits',
  },
  'clustering-seeds': {
    kind: 'integer',
    value: 'N',
    min: 1,
    max: 10_000,
    group: 'scores',
    help: 'clusterings with N seeds; the score stays the first, mean and spread stand beside it',
  },
  clusterer: { kind: 'texts', value: 'NAME', group: 'scores', help: 'k-means: an extra candidate without a rank' },

  device: { kind: 'text', value: 'DEVICE', group: 'machine', help: 'cpu (default), cuda, cuda:0,1, webgpu or auto' },
  threads: { kind: 'integer', value: 'N', min: 1, max: 1024, group: 'machine', help: 'default: all cores' },
  'max-memory': {
    kind: 'bytes',
    value: 'SIZE',
    group: 'machine',
    help: 'for search and distance matrices, such as 4GiB (default: 2GiB)',
  },
  'store-dtype': {
    kind: 'choice',
    choices: ['fp32', 'fp16'],
    group: 'machine',
    help: 'of stored vectors (default: fp32, fp16 for lists of a million and more); part of the run',
  },
  'older-than': {
    kind: 'text',
    value: 'AGE',
    group: 'what to run',
    help: 'vectors that were neither made nor used for so long, such as 12h, 30d or 4w',
  },
  'keep-below': {
    kind: 'bytes',
    value: 'SIZE',
    group: 'what to run',
    help: 'remove vectors, the longest unused first, until all take no more than this, such as 20GiB',
  },
  'cache-dir': { kind: 'text', value: 'FOLDER', group: 'machine', help: "vectors (default: the user's cache folder)" },

  output: {
    kind: 'text',
    short: 'o',
    value: 'PATH',
    group: 'output',
    help: 'where to write (results of run, rescore and import: results)',
  },
  overwrite: {
    kind: 'choice',
    choices: ['never', 'always'],
    group: 'output',
    help: 'never: keep results that still hold (default); always: score again',
  },
  format: { kind: 'text', value: 'FORMAT', group: 'output', help: 'which format to write' },
  json: { kind: 'flag', group: 'output', help: 'one JSON object a line on stdout' },
  quiet: { kind: 'flag', group: 'output', help: 'no progress and no remarks, results only' },
  'no-progress': { kind: 'flag', group: 'output', help: 'no progress, but remarks' },

  input: {
    kind: 'text',
    value: 'FILE',
    group: 'what to run',
    help: '.jsonl ({"text": ...} or a string a line) or .txt',
  },
  role: {
    kind: 'choice',
    choices: ['query', 'document', 'sentence'],
    group: 'prompts',
    help: 'whose prompt to put before the texts (default: sentence)',
  },
  ids: { kind: 'text', value: 'FILE', group: 'output', help: 'also write the token ids, one array a line' },
  results: { kind: 'text', value: 'FOLDER', group: 'what to run', help: 'folder of runs (default: results)' },
  reference: {
    kind: 'text',
    value: 'MODEL',
    group: 'what to run',
    help: 'what the model should equal: a model as its own files say, or vectors:<folder>',
  },
  'min-cosine': {
    kind: 'number',
    value: 'X',
    min: -1,
    max: 1,
    group: 'scores',
    help: 'cosine to the reference that 19 of 20 texts must reach (default: by number type)',
  },
  'min-overlap': {
    kind: 'number',
    value: 'X',
    min: 0,
    max: 1,
    group: 'scores',
    help: 'share of the ten nearest texts that must stay (default: by number type)',
  },
  resamples: {
    kind: 'integer',
    value: 'N',
    min: 100,
    max: 1_000_000,
    group: 'scores',
    help: 'resamples of the items, and swaps of answers (default: 2000)',
  },
  confidence: {
    kind: 'number',
    value: 'X',
    min: 0.5,
    max: 0.9999,
    group: 'scores',
    help: 'of intervals and verdicts (default: 0.95)',
  },
  baseline: { kind: 'text', value: 'RUN', group: 'what to run', help: 'folder of the run to hold another against' },
  published: { kind: 'flag', group: 'what to run', help: 'hold the run against published scores' },
  limits: { kind: 'text', value: 'FILE', group: 'what to run', help: 'limits.json: maxDrop and minimum in points' },
  reporter: {
    kind: 'texts',
    value: 'NAME',
    group: 'output',
    help: 'default, json, junit, github or markdown; repeat for several',
  },
  'output-file': {
    kind: 'texts',
    value: 'REPORTER=FILE',
    group: 'output',
    help: 'where a reporter writes; repeatable',
  },
  'no-published': { kind: 'flag', group: 'what to run', help: 'leave out the published rows' },
} as const satisfies Record<string, OptionDefinition>;

export type OptionName = keyof typeof OPTIONS;

type Definition<Name extends OptionName> = (typeof OPTIONS)[Name];
type ValueOf<D> = D extends { kind: 'choice'; choices: readonly (infer Choice)[] }
  ? Choice
  : D extends { kind: 'text' }
    ? string
    : D extends { kind: 'texts' }
      ? readonly string[]
      : D extends { kind: 'integer' | 'number' | 'bytes' }
        ? number
        : boolean;
type Camel<Text extends string> = Text extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<Camel<Tail>>}`
  : Text;

/** Values of options by their names in code: `--data-dir` is `dataDir`. What was not given is absent. */
export type OptionValues = { readonly [Name in OptionName as Camel<Name>]?: ValueOf<Definition<Name>> };

/** `--data-dir` in code: `dataDir`. */
export function camelCase(name: string): string {
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** `--data-dir` in the environment: `JMTEB_DATA_DIR`. */
export function environmentName(name: string): string {
  return `JMTEB_${name.replaceAll('-', '_').toUpperCase()}`;
}
