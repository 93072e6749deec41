import type { Architecture } from './architecture.js';
import { BERT } from './bert.js';
import { DISTILBERT } from './distilbert.js';
import { GEMMA3_TEXT } from './gemma3.js';
import { LLAMA, QWEN2, QWEN3 } from './llama.js';
import { MODERNBERT } from './modernbert.js';
import { LUKE, ROBERTA } from './roberta.js';
import { ROFORMER } from './roformer.js';

/**
 * Architectures by `model_type` of config.json.
 *
 * To add one: write its file beside bert.ts, add a line here, and compare its vectors with golden ones in test/models.
 */
export const ARCHITECTURES = {
  bert: BERT,
  camembert: ROBERTA,
  distilbert: DISTILBERT,
  gemma3_text: GEMMA3_TEXT,
  llama: LLAMA,
  luke: LUKE,
  modernbert: MODERNBERT,
  qwen2: QWEN2,
  qwen3: QWEN3,
  roberta: ROBERTA,
  roformer: ROFORMER,
  'xlm-roberta': ROBERTA,
} satisfies Readonly<Record<string, Architecture>>;

export type ArchitectureName = keyof typeof ARCHITECTURES;
export const ARCHITECTURE_NAMES = Object.keys(ARCHITECTURES) as ArchitectureName[];
