import type { RunRecord, TaskResult } from '../results/types.js';

/** In what two runs differ beside their scores. */
export interface SettingDifference {
  /** `pooling`, `prompts.model.query`, `file tokenizer.json` ... */
  readonly field: string;
  /** JSON values; null where a side has none. */
  readonly a: unknown;
  readonly b: unknown;
}

/** What explains a loss most often comes first; `file` stands for the model's files. */
const TELLING = [
  'prompts',
  'pooling',
  'normalize',
  'modules',
  'maxTokens',
  'truncateDim',
  'dims',
  'tokenizer',
  'dictionary',
  'lowerCase',
  'stripText',
  'dtype',
  'file',
  'revision',
  'model',
  'batchPolicy',
];

/** Say again what another field says, or are free to differ. */
const LEFT_OUT = new Set([
  'localHash',
  'modelOptions',
  'graph',
  'graphVersion',
  'plannerVersion',
  'promptChangesPooling',
  'onnxFile',
  'output',
  'inputs',
  'opset',
  'exportVersion',
]);

/** Settings, model files and versions in which two runs differ, the likeliest causes of a loss first. */
export function settingDifferences(a: RunRecord, b: RunRecord): SettingDifference[] {
  const [left, right] = [fieldsOf(a), fieldsOf(b)];
  const fields = [...new Set([...left.keys(), ...right.keys()])];
  return fields
    .map((field): SettingDifference => ({ field, a: left.get(field) ?? null, b: right.get(field) ?? null }))
    .filter((difference) => JSON.stringify(difference.a) !== JSON.stringify(difference.b))
    .sort((one, other) => rankOf(one.field) - rankOf(other.field));
}

/** What a task's results say of its texts and choice, where it differs. */
export function taskDifferences(a: TaskResult, b: TaskResult): SettingDifference[] {
  const fieldsOfTask = ({ embedding, choice }: TaskResult): [string, unknown][] => [
    ...Object.entries(embedding?.prompts ?? {}).map(([role, prompt]): [string, unknown] => [
      `prompt of ${role}`,
      prompt,
    ]),
    ['unknown tokens', embedding?.unknownTokens ?? null],
    ['tokens', embedding?.tokens ?? null],
    ['truncated texts', embedding?.truncated ?? null],
    ['choice', choice?.value ?? null],
  ];
  const other = new Map(fieldsOfTask(b));
  return fieldsOfTask(a).flatMap(([field, value]) =>
    value === (other.get(field) ?? null) ? [] : [{ field, a: value, b: other.get(field) ?? null }],
  );
}

/** `pooling "mean" and "cls"`. */
export function describeDifference({ field, a, b }: SettingDifference): string {
  if (field.startsWith('file ')) return `${field} ${a === null ? 'added' : b === null ? 'removed' : 'changed'}`;
  return `${field} ${JSON.stringify(a)} and ${JSON.stringify(b)}`;
}

function fieldsOf({ model, settings, versions }: RunRecord): Map<string, unknown> {
  return new Map([
    ['model', model.id],
    ['revision', model.revision],
    ...flat(settings, ''),
    ...flat(model.settings, ''),
    ...model.files.map(({ path, sha256 }): [string, unknown] => [`file ${path}`, sha256]),
    ...flat(versions, 'version.'),
  ]);
}

function flat(value: Readonly<Record<string, unknown>>, prefix: string): [string, unknown][] {
  return Object.entries(value).flatMap(([name, inner]): [string, unknown][] => {
    if (LEFT_OUT.has(name)) return [];
    const isNested = typeof inner === 'object' && inner !== null && !Array.isArray(inner);
    return isNested ? flat(inner as Record<string, unknown>, `${prefix}${name}.`) : [[`${prefix}${name}`, inner]];
  });
}

function rankOf(field: string): number {
  const rank = TELLING.findIndex(
    (name) => field === name || field.startsWith(`${name}.`) || field.startsWith(`${name} `),
  );
  return rank < 0 ? TELLING.length : rank;
}
