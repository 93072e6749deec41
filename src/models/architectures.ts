import type { Architecture } from './architecture.js';
import { BERT } from './bert.js';

/**
 * Architectures by `model_type` of config.json.
 *
 * To add one: write its file beside bert.ts, add a line here, and compare its vectors with golden ones in test/models.
 */
export const ARCHITECTURES = {
  bert: BERT,
} satisfies Readonly<Record<string, Architecture>>;

export type ArchitectureName = keyof typeof ARCHITECTURES;
export const ARCHITECTURE_NAMES = Object.keys(ARCHITECTURES) as ArchitectureName[];
