import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { GraphBuilder, OPSET } from '../../src/onnx/graph-builder.js';
import { ProtobufWriter } from '../../src/onnx/protobuf-writer.js';

/** Width of the token vectors of the export below, and number of its ids. */
export const WIDTH = 6;
export const IDS = 20;

/** A table of numbers that float16 holds exactly. */
function table(rows: number, seed: number): Float32Array {
  return Float32Array.from({ length: rows * WIDTH }, (_, i) => ((((i + 1) * seed) % 61) - 30) / 16);
}

const TABLES = {
  input_ids: table(IDS, 37),
  attention_mask: table(2, 17),
  token_type_ids: table(2, 23),
  position_ids: table(64, 41),
  task_id: table(3, 29),
} as const;
type InputName = keyof typeof TABLES;

export interface TinyExport {
  readonly opset: number;
  readonly inputs: readonly InputName[];
  readonly type?: 'int64' | 'int32';
  /** Type of the outputs. */
  readonly half?: boolean;
  readonly tokens?: string | null;
  /** Name of an output with twice the vector of the first token, shape (rows, width). */
  readonly whole?: string;
  /** Whether the outputs' widths are told. */
  readonly tellsWidth?: boolean;
  /** Shapes of inputs other than (rows, length). */
  readonly shapes?: Readonly<Record<string, readonly (number | string)[]>>;
  /** Inputs beside the known ones. */
  readonly more?: readonly string[];
  readonly external?: { readonly location: string; readonly offset: number; readonly length: number };
}

/**
 * An export whose token vectors are the sum of a row for each of its inputs; of the operators of version 11, which are
 * the same in all later ones.
 */
export function tinyExport(options: TinyExport): Uint8Array {
  const { inputs, type = 'int64', half = false, tokens = 'last_hidden_state', whole, tellsWidth = true } = options;
  const graph = new GraphBuilder('export');
  let states: string | undefined;
  for (const name of [...inputs, ...(options.more ?? [])]) {
    const shape = options.shapes?.[name] ?? (name === 'task_id' ? [] : ['batch', 'sequence']);
    const input = graph.input(name, type, shape);
    if (!Object.hasOwn(TABLES, name)) continue;
    const values = TABLES[name as InputName];
    const rows = values.length / WIDTH;
    const at = options.external;
    const weights =
      name === 'input_ids' && at !== undefined
        ? graph.external('words', 'float32', [rows, WIDTH], at)
        : graph.constant('float32', [rows, WIDTH], values, `table.${name}`);
    const looked = graph.node('Gather', [weights, input]);
    states = states === undefined ? looked : graph.node('Add', [states, looked]);
  }
  const kind = half ? 'float16' : 'float32';
  const shown = (value: string): string => (half ? graph.node('Cast', [value], { to: 10 }) : value);
  const width = tellsWidth ? WIDTH : 'width';
  if (tokens !== null) graph.output(shown(states as string), kind, ['batch', 'sequence', width], tokens);
  if (whole !== undefined) {
    const first = graph.node('Gather', [states as string, graph.constant('int64', [], [0])], { axis: 1 });
    graph.output(shown(graph.node('Add', [first, first])), kind, ['batch', width], whole);
  }
  return withOpset(graph.build(), options.opset);
}

/** Writes an export into a folder. */
export function writeExport(folder: string, name: string, bytes: Uint8Array): void {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), bytes);
}

/** The bytes of the table of `input_ids`. */
export function wordBytes(): Uint8Array {
  return new Uint8Array(TABLES.input_ids.buffer);
}

/** The token vectors that the export above has for one text. */
export function tinyStates(ids: readonly number[], inputs: readonly InputName[]): number[][] {
  const row = (name: InputName, i: number): Float32Array => TABLES[name].subarray(i * WIDTH, (i + 1) * WIDTH);
  const index = { input_ids: 0, attention_mask: 1, token_type_ids: 0, position_ids: 0, task_id: 0 };
  return ids.map((id, position) =>
    Array.from({ length: WIDTH }, (_, d) =>
      inputs.reduce((sum, name) => {
        const at = name === 'input_ids' ? id : name === 'position_ids' ? position : index[name];
        return sum + row(name, at)[d];
      }, 0),
    ),
  );
}

/** The same model in another version of the operators. */
export function withOpset(model: Uint8Array, opset: number): Uint8Array {
  const imported = (version: number): Buffer =>
    Buffer.from(new ProtobufWriter().message(8, new ProtobufWriter().string(1, '').varint(2, version)).finish());
  const bytes = Buffer.from(model);
  const at = bytes.lastIndexOf(imported(OPSET));
  if (at < 0) throw new Error('the model names no version of its operators');
  imported(opset).copy(bytes, at);
  return bytes;
}
