import { join } from 'node:path';
import { isJsonObject, type JsonObject } from '../models/read-json-object.js';
import { AddedTokens } from './added-tokens.js';
import { namingFile, readModelFile } from './model-file.js';
import type { OwnTokenizer, TokenizerFolder } from './own-tokenizer.js';
import { SentencePiece } from './sentencepiece.js';
import { slowTokenizer } from './slow-tokenizer.js';

const MODEL_FILE = 'sentencepiece.bpe.model';
/** Ids before the model's own: the vocabulary is that of fairseq, which has one token more at its head. */
const HEAD = ['<s>', '<pad>', '</s>', '<unk>'] as const;
const OFFSET = 1;
const UNKNOWN = '<unk>';
const MASK = '<mask>';
const DEFAULTS = {
  bos_token: '<s>',
  eos_token: '</s>',
  sep_token: '</s>',
  cls_token: '<s>',
  unk_token: UNKNOWN,
  pad_token: '<pad>',
  // It stands for a word, so the space before it belongs to it.
  mask_token: { content: MASK, lstrip: true, rstrip: false, normalized: true },
};

/**
 * `MLukeTokenizer`: the pieces of a SentencePiece model, each with the id behind its own, and tokens for entities.
 *
 * @throws UserError that names the file
 */
export function loadMLuke({ folder, where, config, specialMap, added }: TokenizerFolder): OwnTokenizer {
  const model = readModelFile(join(folder, MODEL_FILE), join(where, MODEL_FILE), (bytes) => new SentencePiece(bytes));
  const head = new Map<string, number>(HEAD.map((token, id) => [token, id]));
  head.set(MASK, model.pieces.length + OFFSET);
  const unknownId = head.get(UNKNOWN) as number;
  const idOf = (piece: string): number => {
    const id = model.idOf(piece);
    // The first piece stands for unknown ones whatever it is.
    return head.get(piece) ?? (id === 0 ? unknownId : id + OFFSET);
  };
  const tokenizer = namingFile(join(where, 'tokenizer_config.json'), () =>
    slowTokenizer({
      config,
      added: new AddedTokens({
        config,
        specialMap,
        added,
        defaults: DEFAULTS,
        more: [entityToken(config.entity_token_1, '<ent>'), entityToken(config.entity_token_2, '<ent2>')],
        vocabulary: vocabularyOf(model, head),
        lowerCase: false,
      }),
      lowerCase: false,
      pieces: (text) => model.encode(text),
      idOf,
      byteFallback: model.byteFallback,
    }),
  );
  return { tokenizer, files: [MODEL_FILE] };
}

function entityToken(value: unknown, standard: string): string | JsonObject {
  return typeof value === 'string' || isJsonObject(value) ? value : standard;
}

/** Tokens by id as they are listed in Python; of equal ones the last counts. */
function vocabularyOf(model: SentencePiece, head: ReadonlyMap<string, number>): Map<string, number> {
  const vocabulary = new Map<string, number>();
  const size = model.pieces.length + OFFSET + 1;
  for (let id = 0; id < size; id++) {
    vocabulary.set(HEAD[id] ?? (id === head.get(MASK) ? MASK : model.pieces[id - OFFSET]), id);
  }
  return vocabulary;
}
