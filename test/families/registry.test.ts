import { describe, expect, test } from 'vitest';
import { FAMILY_RULES } from '../../src/definitions/family-rules.js';
import { FAMILIES } from '../../src/definitions/types.js';
import { evaluatorOf, FAMILY_EVALUATORS } from '../../src/families/registry.js';

describe('the registry of families', () => {
  test('has evaluators that say of themselves what the definitions are checked against', () => {
    for (const [family, evaluator] of Object.entries(FAMILY_EVALUATORS)) {
      const rules = FAMILY_RULES[family as keyof typeof FAMILY_RULES];
      expect(evaluator.family).toBe(family);
      expect([evaluator.mainMetric, ...evaluator.candidates]).toEqual([rules.mainMetric, ...rules.candidates]);
      expect(evaluatorOf(evaluator.family)).toBe(evaluator);
    }
  });

  test('names families of JMTEB only', () => {
    for (const family of Object.keys(FAMILY_EVALUATORS)) expect(FAMILIES).toContain(family);
  });
});
