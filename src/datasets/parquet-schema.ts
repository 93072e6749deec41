import { FileFault } from './file-fault.js';

/** Physical types in the order of their numbers in the format. */
export const PHYSICAL_TYPES = [
  'BOOLEAN',
  'INT32',
  'INT64',
  'INT96',
  'FLOAT',
  'DOUBLE',
  'BYTE_ARRAY',
  'FIXED_LEN_BYTE_ARRAY',
] as const;
export type PhysicalType = (typeof PHYSICAL_TYPES)[number];

/** One entry of the flattened schema tree, as the footer has it. */
export interface SchemaElement {
  readonly name: string;
  readonly type?: PhysicalType;
  readonly typeLength?: number;
  readonly repetition?: 'REQUIRED' | 'OPTIONAL' | 'REPEATED';
  readonly children: number;
  /** Number of the converted type (the older way to say what the bytes mean). */
  readonly converted?: number;
  /** Field number of the logical type (the newer way). */
  readonly logical?: number;
  /** Of the logical type INTEGER: whether it has a sign. */
  readonly signed?: boolean;
}

/** What the values of a column are, whatever their bytes look like. */
export type ValueKind = 'text' | 'integer' | 'float' | 'boolean' | 'nulls' | 'other';

/** One leaf of the schema: what a column chunk of a row group holds. */
export interface Leaf {
  /** Place among the leaves, which is the place of its chunk in every row group. */
  readonly index: number;
  readonly path: readonly string[];
  readonly type: PhysicalType;
  readonly typeLength: number;
  readonly unsigned: boolean;
  readonly float16: boolean;
  readonly maxDefinition: number;
  readonly maxRepetition: number;
}

/** One column of the table, as a user sees it. */
export interface ParquetColumn {
  readonly name: string;
  readonly kind: ValueKind;
  /** In words, for messages: "text", "a list of 64-bit integers", "a struct". */
  readonly description: string;
  /** Where the reader can read it: its only leaf, and whether every row holds a list. */
  readonly leaf?: Leaf;
  /** Set for lists: the definition level from which on the list is there, and from which on it has an entry. */
  readonly list?: { readonly present: number; readonly entry: number };
}

export interface ParquetSchema {
  readonly columns: readonly ParquetColumn[];
  readonly leaves: number;
}

const LIST = { converted: 3, logical: 3 } as const;
const MAX_NESTING = 20;

interface Node {
  readonly element: SchemaElement;
  readonly children: Node[];
  readonly path: readonly string[];
  /** Place among the leaves; for groups that of the first leaf below. */
  readonly leaf: number;
}

/**
 * Columns of a flattened schema.
 *
 * The reader reads flat columns and lists of flat values (three-level lists, and the older forms with two levels and one);
 * any other column is described, so that it can be named when somebody asks for it, and is otherwise in nobody's way.
 *
 * @throws FileFault when the entries make no tree
 */
export function parquetSchema(elements: readonly SchemaElement[]): ParquetSchema {
  let at = 0;
  let leaves = 0;
  const build = (path: readonly string[], depth: number): Node => {
    if (at >= elements.length) throw new FileFault('the schema ends before its last column');
    if (depth > MAX_NESTING) throw new FileFault('the schema is nested too deep');
    const element = elements[at++];
    const children: Node[] = [];
    const leaf = leaves;
    if (element.type !== undefined) {
      if (element.children > 0)
        throw new FileFault(`the column "${element.name}" has both a type and columns of its own`);
      leaves++;
    }
    const own = depth === 0 ? [] : [...path, element.name];
    for (let i = 0; i < element.children; i++) children.push(build(own, depth + 1));
    return { element, children, path: own, leaf };
  };
  const root = build([], 0);
  if (at !== elements.length || root.element.type !== undefined) throw new FileFault('the schema makes no table');
  return { columns: root.children.map(columnOf), leaves };
}

function columnOf(node: Node): ParquetColumn {
  const name = node.element.name;
  const entry = listEntry(node);
  if (entry === undefined) {
    if (node.element.type === undefined) return { name, kind: 'other', description: groupDescription(node.element) };
    const leaf = leafOf(node, [node]);
    return { name, kind: kindOf(node.element), description: describe(node.element), leaf };
  }
  const { nodes, present } = entry;
  const value = nodes[nodes.length - 1];
  const description = `a list of ${plural(value.element)}`;
  if (value.element.type === undefined || value.children.length > 0)
    return { name, kind: 'other', description: `a list of ${groupDescription(value.element)}s` };
  return {
    name,
    kind: kindOf(value.element),
    description,
    leaf: leafOf(value, nodes),
    list: { present, entry: present + 1 },
  };
}

/** The nodes from a list column down to its values, or undefined when the column is no list. */
function listEntry(node: Node): { nodes: Node[]; present: number } | undefined {
  const { element, children } = node;
  if (element.repetition === 'REPEATED') return element.type === undefined ? undefined : { nodes: [node], present: 0 };
  const isList = element.converted === LIST.converted || element.logical === LIST.logical;
  if (!isList || children.length !== 1 || children[0].element.repetition !== 'REPEATED') return undefined;
  const present = element.repetition === 'OPTIONAL' ? 1 : 0;
  const repeated = children[0];
  if (repeated.element.type !== undefined) return { nodes: [node, repeated], present };
  if (repeated.children.length !== 1) return { nodes: [node, repeated], present };
  const value = repeated.children[0];
  // A list of lists: its value is again repeated, or a group.
  if (value.element.repetition === 'REPEATED') return { nodes: [node, repeated], present };
  return { nodes: [node, repeated, value], present };
}

function leafOf(node: Node, nodes: readonly Node[]): Leaf {
  const { element } = node;
  const repetitions = nodes.map((n) => n.element.repetition);
  return {
    index: node.leaf,
    path: node.path,
    type: element.type as PhysicalType,
    typeLength: element.typeLength ?? 0,
    unsigned: element.logical === 10 ? element.signed === false : [11, 12, 13, 14].includes(element.converted ?? -1),
    float16: element.logical === 15,
    maxDefinition: repetitions.filter((r) => r !== 'REQUIRED').length,
    maxRepetition: repetitions.filter((r) => r === 'REPEATED').length,
  };
}

function kindOf(element: SchemaElement): ValueKind {
  const { type, converted, logical } = element;
  if (logical === 11) return 'nulls';
  if (type === 'BOOLEAN') return 'boolean';
  if (type === 'FLOAT' || type === 'DOUBLE') return 'float';
  if (type === 'INT32' || type === 'INT64') {
    // Dates, times and decimals are stored as integers, and are none.
    const plain = converted === undefined || (converted >= 11 && converted <= 18);
    return plain && (logical === undefined || logical === 10) ? 'integer' : 'other';
  }
  if (type === 'BYTE_ARRAY') {
    // UTF8, ENUM, JSON, or nothing said, as some older writers do; what is not UTF-8 is refused row by row.
    const plain = converted === undefined || [0, 4, 19].includes(converted);
    return plain && (logical === undefined || [1, 4, 12].includes(logical)) ? 'text' : 'other';
  }
  if (type === 'FIXED_LEN_BYTE_ARRAY' && logical === 15 && element.typeLength === 2) return 'float';
  return 'other';
}

const LOGICAL_NAMES: Readonly<Record<number, string>> = {
  5: 'decimal',
  6: 'date',
  7: 'time',
  8: 'timestamp',
  13: 'BSON value',
  14: 'UUID',
  16: 'variant',
  17: 'geometry',
  18: 'geography',
};

function describe(element: SchemaElement): string {
  const name = valueName(element);
  return name === 'text' ? name : `${/^[aeiou]/i.test(name) ? 'an' : 'a'} ${name}`;
}

function plural(element: SchemaElement): string {
  const name = valueName(element);
  return `${name}s`;
}

function valueName(element: SchemaElement): string {
  switch (kindOf(element)) {
    case 'text':
      return 'text';
    case 'boolean':
      return 'boolean';
    case 'nulls':
      return 'null';
    case 'float':
      return element.type === 'DOUBLE' ? '64-bit float' : element.type === 'FLOAT' ? '32-bit float' : '16-bit float';
    case 'integer':
      return element.type === 'INT64' ? '64-bit integer' : '32-bit integer';
    case 'other': {
      const logical = LOGICAL_NAMES[element.logical ?? 0];
      if (logical !== undefined) return logical;
      if (element.converted === 5) return 'decimal';
      if (element.converted !== undefined && element.converted >= 6 && element.converted <= 10) return 'date or time';
      if (element.type === 'INT96') return 'timestamp';
      return 'binary value';
    }
  }
}

function groupDescription(element: SchemaElement): string {
  const { converted, logical } = element;
  if (logical === 2 || converted === 1 || converted === 2) return 'a map';
  if (logical === LIST.logical || converted === LIST.converted) return 'a nested list';
  return 'a struct';
}
