import { realpathSync } from 'node:fs';
import { dirname, relative, sep } from 'node:path';
import type { Problem } from '../errors.js';
import type { ElementType } from '../onnx/element-type.js';
import type { GraphBuilder } from '../onnx/graph-builder.js';
import { castTo, type FloatType } from './float-type.js';
import type { StoredTensor } from './safetensors.js';

/** How the runtime names the types that weights are stored in. */
const ELEMENT_TYPES: Readonly<Record<string, ElementType>> = {
  F32: 'float32',
  F16: 'float16',
  BF16: 'bfloat16',
  F64: 'float64',
};

/** Names of older checkpoints for the same tensor. */
const OLD_ENDINGS: readonly (readonly [string, string])[] = [
  ['LayerNorm.weight', 'LayerNorm.gamma'],
  ['LayerNorm.bias', 'LayerNorm.beta'],
];

/** At most this many tensors are named in one message. */
const NAMED = 5;

/**
 * The weights of one file (or of the files of one index) in a graph: every tensor stays where it lies and is read by the
 * runtime, once.
 *
 * Missing tensors and wrong shapes are collected in `problems`.
 */
export class GraphWeights {
  readonly problems: Problem[] = [];
  private readonly taken = new Set<string>();

  /**
   * @param prefix what stands before every name in the file, such as `bert.`
   * @param externalFolder the folder that locations in the graph are relative to
   * @param label begins the names in the graph, so that files of several modules do not collide
   * @param type what the network is computed in
   */
  constructor(
    private readonly graph: GraphBuilder,
    private readonly tensors: ReadonlyMap<string, StoredTensor>,
    private readonly prefix: string,
    private readonly externalFolder: string,
    private readonly where: string,
    private readonly label = '',
    readonly type: FloatType = 'float32',
  ) {}

  /** Adds a tensor, in the type of the network unless another is asked for, and returns its name in the graph. */
  take(name: string, shape: readonly number[], as: FloatType = this.type): string {
    const { value, type } = this.stored(name, shape);
    return castTo(this.graph, value, type, as);
  }

  /** Adds the rows of a table that indices name; a table in half precision stays as small as it is. */
  rows(name: string, shape: readonly number[], indices: string): string {
    const { value, type } = this.stored(name, shape);
    return castTo(this.graph, this.graph.node('Gather', [value, indices]), type, this.type);
  }

  /** A tensor as the file has it; where it is wrong, a name that stands for it until the problems are told. */
  private stored(name: string, shape: readonly number[]): { value: string; type: ElementType } {
    const unusable = { value: name, type: 'float32' } as const;
    const found = this.find(name);
    if (found === undefined) {
      this.refuse(`has no tensor "${this.prefix}${name}"`, 'check that config.json belongs to these weights');
      return unusable;
    }
    const type = ELEMENT_TYPES[found.dtype];
    if (type === undefined) {
      this.refuse(`stores "${found.name}" as ${found.dtype}, which is no type of weights`);
    } else if (found.shape.length !== shape.length || found.shape.some((size, axis) => size !== shape[axis])) {
      const expected = `[${shape.join(', ')}]`;
      this.refuse(
        `"${found.name}" has the shape [${found.shape.join(', ')}], but the configuration asks for ${expected}`,
        'check that config.json belongs to these weights',
      );
    } else if (!this.taken.has(found.name)) {
      this.taken.add(found.name);
      return { value: this.add(found, type), type };
    }
    this.taken.add(found.name);
    return unusable;
  }

  /** Notes the tensors that nothing has taken and that are none of the known unused ones. */
  refuseUnexplained(unused: readonly RegExp[]): void {
    const rest = [...this.tensors.keys()].filter((name) => {
      if (this.taken.has(name)) return false;
      const bare = name.startsWith(this.prefix) ? name.slice(this.prefix.length) : name;
      return !unused.some((pattern) => pattern.test(bare));
    });
    if (rest.length === 0) return;
    const named = rest.slice(0, NAMED).join(', ');
    const more = rest.length > NAMED ? ` and ${rest.length - NAMED} more` : '';
    this.refuse(
      `has tensors that this architecture does not use: ${named}${more}`,
      'the model computes something that is not known here, or config.json belongs to other weights; take vectors made elsewhere with --model vectors:<folder>',
    );
  }

  private find(name: string): StoredTensor | undefined {
    const found = this.tensors.get(this.prefix + name);
    if (found !== undefined) return found;
    for (const [ending, old] of OLD_ENDINGS) {
      if (name.endsWith(ending)) return this.tensors.get(this.prefix + name.slice(0, -ending.length) + old);
    }
    return undefined;
  }

  private add(tensor: StoredTensor, type: ElementType): string {
    const location = relative(this.externalFolder, realpathSync(tensor.file)).split(sep).join('/');
    const at = { location, offset: tensor.offset, length: tensor.length };
    return this.graph.external(this.label + tensor.name, type, tensor.shape, at);
  }

  private refuse(what: string, fix?: string): void {
    this.problems.push({ where: this.where, what: `${what}.`, fix });
  }
}

/**
 * What stands before the names of all tensors, found by one name that every model of an architecture has; undefined when
 * it is not there, or there more than once.
 */
export function findPrefix(names: Iterable<string>, anchor: string): string | undefined {
  const prefixes = [...names]
    .filter((name) => name === anchor || name.endsWith(`.${anchor}`))
    .map((name) => name.slice(0, name.length - anchor.length));
  return prefixes.length === 1 ? prefixes[0] : undefined;
}

/** The innermost folder that holds all files, links followed: links of a cache lead out of the model's own folder. */
export function commonFolder(files: readonly string[]): string {
  let common = dirname(realpathSync(files[0]));
  for (const file of files) {
    const folder = dirname(realpathSync(file));
    while (folder !== common && !folder.startsWith(common.endsWith(sep) ? common : common + sep)) {
      common = dirname(common);
    }
  }
  return common;
}
