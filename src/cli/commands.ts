import type { OptionName } from '../commands/options.js';
import type { Command } from './command.js';

const TASKS = ['tasks', 'exclude', 'family', 'suite'] as const satisfies readonly OptionName[];
const MODEL = [
  'revision',
  'pooling',
  'normalize',
  'max-tokens',
  'truncate-dim',
  'dictionary',
  'dtype',
  'onnx-file',
  'batch-tokens',
  'batch-policy',
  'endpoint',
  'api-key-env',
  'concurrency',
  'dimensions',
  'prompt',
  'query-prompt',
  'document-prompt',
  'no-prompt',
] as const satisfies readonly OptionName[];
const SCORES = [
  'protocol',
  'seed',
  'seed-mode',
  'clustering-seeds',
  'clusterer',
] as const satisfies readonly OptionName[];
const SPEECH = ['json', 'quiet', 'no-progress'] as const satisfies readonly OptionName[];

/**
 * The commands. A new one needs its entry here, a file of its own in `cli/` (arguments in, text out) and one in `commands/`
 * (the work).
 */
export const COMMANDS = {
  run: {
    summary: 'embed and score; goes on where it stopped',
    usage: 'jmteb run -m MODEL [-t TASK,... | -s SUITE] [options]',
    operands: [0, 0],
    options: [
      'model',
      ...TASKS,
      'data-dir',
      'limit',
      'accept-data-changes',
      'config',
      ...MODEL,
      ...SCORES,
      'device',
      'threads',
      'max-memory',
      'cache-dir',
      'output',
      'overwrite',
      ...SPEECH,
    ],
    examples: [
      'jmteb run -m baseline:char-ngram -s sample',
      'jmteb run -m path/to/model --data-dir path/to/rows -t jsts,jsick',
    ],
    load: () => import('./run.js'),
  },
  rescore: {
    summary: 'score stored vectors again: another protocol, seed or dimension',
    usage: 'jmteb rescore RUN [options]',
    operands: [1, 1],
    options: [
      'tasks',
      'data-dir',
      'limit',
      'accept-data-changes',
      'config',
      'truncate-dim',
      ...SCORES,
      'threads',
      'max-memory',
      'cache-dir',
      'output',
      ...SPEECH,
    ],
    examples: ['jmteb rescore results/local/my-model/local-0123abc.fp32.published --protocol corrected'],
    load: () => import('./rescore.js'),
  },
  encode: {
    summary: 'vectors of a file of texts',
    usage: 'jmteb encode -m MODEL --input texts.jsonl -o out.npy|out.arrow [options]',
    operands: [0, 0],
    options: ['model', 'input', 'role', 'ids', 'config', ...MODEL, 'device', 'threads', 'output', ...SPEECH],
    examples: ['jmteb encode -m path/to/model --input texts.jsonl -o out.npy --role query --ids ids.jsonl'],
    load: () => import('./encode.js'),
  },
  leaderboard: {
    summary: 'the table of all runs beside the published rows',
    usage: 'jmteb leaderboard [options]',
    operands: [0, 0],
    options: ['results', 'suite', 'model', 'no-published', 'format', 'output', 'config', 'quiet'],
    examples: ['jmteb leaderboard --format csv -o leaderboard.csv'],
    load: () => import('./leaderboard.js'),
  },
  export: {
    summary: 'a run in a layout that others read',
    usage: 'jmteb export --format jmteb-v1|csv RUN -o PATH',
    operands: [1, 1],
    options: ['format', 'output', 'config', 'quiet'],
    examples: ['jmteb export --format jmteb-v1 RUN -o out/'],
    load: () => import('./export.js'),
  },
  import: {
    summary: "others' summary.json as rows to compare with",
    usage: 'jmteb import SUMMARY.json -m OWNER/NAME [-o RESULTS]',
    operands: [1, 1],
    options: ['model', 'output', 'config', 'quiet'],
    examples: ['jmteb import summary.json -m cl-nagoya/ruri-small'],
    load: () => import('./import.js'),
  },
  ls: {
    summary: 'lists tasks, suites, models, runs or the cache',
    usage: 'jmteb ls tasks|suites|models|runs|cache [options]',
    operands: [1, 1],
    options: [...TASKS, 'results', 'cache-dir', 'config', 'json'],
    examples: ['jmteb ls tasks -s jmteb-v1', 'jmteb ls models'],
    load: () => import('./ls.js'),
  },
  show: {
    summary: 'what a task or model resolves to, with the exact strings sent',
    usage: 'jmteb show TASK|MODEL | -m MODEL | TASK -m MODEL --data-dir FOLDER',
    operands: [0, 1],
    options: ['model', 'data-dir', 'accept-data-changes', 'config', ...MODEL, 'device', 'json'],
    examples: ['jmteb show -m path/to/model', 'jmteb show jsts -m path/to/model --data-dir path/to/rows'],
    load: () => import('./show.js'),
  },
  validate: {
    summary: 'checks definitions, results and rows',
    usage: 'jmteb validate [FILE|RUN ...] [-t TASK,... --data-dir FOLDER]',
    operands: [0, Infinity],
    options: [...TASKS, 'data-dir', 'accept-data-changes', 'protocol', 'config', 'json'],
    examples: ['jmteb validate', 'jmteb validate my-task.json', 'jmteb validate -s local --data-dir path/to/rows'],
    load: () => import('./validate.js'),
  },
} as const satisfies Record<string, Command>;

export type CommandName = keyof typeof COMMANDS;
