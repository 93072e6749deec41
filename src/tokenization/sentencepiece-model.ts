import { FileFault, GET_AGAIN } from '../datasets/file-fault.js';
import { memorySource } from '../onnx/byte-source.js';
import { integerOf, ProtobufFault, ProtobufReader, contentOf, type ProtobufField } from '../onnx/protobuf-reader.js';
import { CharacterMap } from './character-map.js';

/** What a piece is, by the numbers of the file. */
export const PIECE = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 } as const;

/** Kinds of models, by the numbers of the file. */
const KINDS: Readonly<Record<number, string>> = { 1: 'unigram', 2: 'bpe', 3: 'word', 4: 'char' };

export interface Piece {
  readonly text: string;
  /** A float32. */
  readonly score: number;
  readonly type: number;
}

/** How a text is made ready for a SentencePiece model. */
export interface SentencePieceSettings {
  readonly characterMap: CharacterMap | null;
  /** A space before the text (behind it where `whitespaceAsSuffix` holds). */
  readonly addDummyPrefix: boolean;
  readonly removeExtraWhitespaces: boolean;
  /** Spaces become U+2581. */
  readonly escapeWhitespaces: boolean;
  readonly whitespaceAsSuffix: boolean;
}

/** A SentencePiece model file. */
export interface SentencePieceModel extends SentencePieceSettings {
  readonly kind: 'unigram' | 'bpe';
  /** In the order of ids. */
  readonly pieces: readonly Piece[];
  readonly unknown: number;
  readonly byteFallback: boolean;
}

/**
 * Reads a SentencePiece model (`.model`), a protobuf message `ModelProto`.
 *
 * @throws FileFault when the bytes are none, or a kind that is not read
 * Source: sentencepiece_model.proto of SentencePiece.
 */
export function readSentencePieceModel(bytes: Uint8Array): SentencePieceModel {
  try {
    return readModel(new ProtobufReader(memorySource(bytes)));
  } catch (thrown) {
    if (!(thrown instanceof ProtobufFault)) throw thrown;
    throw new FileFault(`it is no SentencePiece model: ${thrown.message}.`, GET_AGAIN);
  }
}

function readModel(reader: ProtobufReader): SentencePieceModel {
  const pieces: Piece[] = [];
  const trainer = new Map<number, ProtobufField>();
  const normalizer = new Map<number, ProtobufField>();
  for (const field of reader.fields(reader.all)) {
    if (field.number === 1) pieces.push(readPiece(reader, field));
    else if (field.number === 2 || field.number === 3) {
      const settings = field.number === 2 ? trainer : normalizer;
      for (const inner of reader.fields(contentOf(field))) settings.set(inner.number, inner);
    }
  }
  const integer = (field: ProtobufField | undefined, standard: number): number =>
    field === undefined ? standard : integerOf(field);
  const flag = (field: ProtobufField | undefined, standard: boolean): boolean => integer(field, Number(standard)) !== 0;
  const number = integer(trainer.get(3), 1);
  const kind = KINDS[number];
  if (kind !== 'unigram' && kind !== 'bpe') throw new FileFault(`a model of the kind ${kind ?? number} is not read.`);
  const byteFallback = flag(trainer.get(35), false);
  const map = normalizer.get(2);
  return {
    kind,
    pieces,
    unknown: checkPieces(pieces, byteFallback),
    byteFallback,
    characterMap: map === undefined ? null : readCharacterMap(reader.bytes(contentOf(map))),
    addDummyPrefix: flag(normalizer.get(3), true),
    removeExtraWhitespaces: flag(normalizer.get(4), true),
    escapeWhitespaces: flag(normalizer.get(5), true),
    whitespaceAsSuffix: flag(trainer.get(24), false),
  };
}

function readPiece(reader: ProtobufReader, message: ProtobufField): Piece {
  let text = '';
  let score = 0;
  let type: number = PIECE.normal;
  for (const field of reader.fields(contentOf(message))) {
    if (field.number === 1) text = reader.text(field);
    else if (field.number === 2) score = floatOf(reader, field);
    else if (field.number === 3) type = integerOf(field);
  }
  if (text === '' || !Number.isFinite(score))
    throw new ProtobufFault('a piece has no text, or a score that is no number');
  return { text, score, type };
}

function floatOf(reader: ProtobufReader, { wireType, content }: ProtobufField): number {
  if (wireType !== 5) throw new ProtobufFault(`the score at byte ${content.start} is no 32-bit number`);
  return new DataView(reader.bytes(content).buffer).getFloat32(0, true);
}

/** Holds the pieces to what SentencePiece demands; returns the id of the unknown one. */
function checkPieces(pieces: readonly Piece[], byteFallback: boolean): number {
  if (pieces.length === 0) throw new ProtobufFault('it has no pieces');
  const isWord = ({ type }: Piece): boolean =>
    type === PIECE.normal || type === PIECE.userDefined || type === PIECE.unused;
  const words = pieces.filter(isWord);
  const others = pieces.filter((piece) => !isWord(piece));
  for (const list of [words, others]) {
    if (new Set(list.map(({ text }) => text)).size !== list.length)
      throw new FileFault('a piece is there twice.', GET_AGAIN);
  }
  const unknowns = pieces.flatMap(({ type }, id) => (type === PIECE.unknown ? [id] : []));
  if (unknowns.length !== 1) throw new FileFault(`it has ${unknowns.length} unknown pieces; expected 1.`, GET_AGAIN);
  if (byteFallback && others.filter(({ type }) => type === PIECE.byte).length !== 256) {
    throw new FileFault('it falls back to bytes, but has not all 256 of them.', GET_AGAIN);
  }
  return unknowns[0];
}

function readCharacterMap(bytes: Uint8Array): CharacterMap | null {
  if (bytes.length === 0) return null;
  try {
    return new CharacterMap(bytes);
  } catch (thrown) {
    if (thrown instanceof RangeError) throw new FileFault(`${thrown.message}.`, GET_AGAIN);
    throw thrown;
  }
}
