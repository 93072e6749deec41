import { describe, expect, test } from 'vitest';
import { CORRECTED, DEVIATION_TEXTS, parseProtocol, protocolOf, PUBLISHED } from '../../src/definitions/protocol.js';
import { DEVIATIONS } from '../../src/definitions/types.js';

function parsed(text: string): { name: string; deviations: string[] } {
  const { protocol, problems } = parseProtocol(text);
  expect(problems).toEqual([]);
  if (protocol === undefined) throw new Error('no protocol');
  return { name: protocol.name, deviations: [...protocol.deviations] };
}

describe('parseProtocol', () => {
  test('published is the empty set and corrected all of it', () => {
    expect(parsed('published')).toEqual({ name: 'published', deviations: [] });
    expect(parsed('corrected')).toEqual({ name: 'corrected', deviations: [...DEVIATIONS] });
    expect(PUBLISHED.name).toBe('published');
    expect(CORRECTED.deviations.size).toBe(8);
  });

  test('names come out in one order and spelling whatever they went in as', () => {
    const name = 'published+sts-euclidean,retrieval-ideal-cut';
    const deviations = ['sts-euclidean', 'retrieval-ideal-cut'];
    for (const text of [
      'published+sts-euclidean,retrieval-ideal-cut',
      'published+retrieval-ideal-cut,sts-euclidean',
      ' Published+retrieval_ideal_cut, STS_Euclidean,sts-euclidean ',
    ])
      expect(parsed(text)).toEqual({ name, deviations });
  });

  test('taking away from corrected is adding the others to published', () => {
    const without = parsed('corrected-sts-euclidean,shared-label-map');
    expect(without.deviations).toEqual(DEVIATIONS.filter((d) => d !== 'sts-euclidean' && d !== 'shared-label-map'));
    expect(without.name).toBe(`published+${without.deviations.join(',')}`);
    expect(parsed(without.name)).toEqual(without);
  });

  test('a set that is none or all has the short name', () => {
    expect(parsed(`published+${DEVIATIONS.join(',')}`).name).toBe('corrected');
    expect(parsed(`corrected-${DEVIATIONS.join(',')}`).name).toBe('published');
  });

  test('every single deviation is a protocol of its own, and its name reads back', () => {
    for (const deviation of DEVIATIONS) {
      const protocol = protocolOf([deviation]);
      expect(protocol.name).toBe(`published+${deviation}`);
      expect(parsed(protocol.name).deviations).toEqual([deviation]);
      expect(DEVIATION_TEXTS[deviation]).not.toBe('');
    }
  });

  test.each([
    ['publishd', 'did you mean "published"'],
    ['corected-sts-euclidean', 'did you mean "corrected"'],
    ['', 'write "published"'],
    ['1.3.3', 'write "published"'],
    ['published+', 'use one of sts-euclidean'],
    ['published+sts-euclidean,', 'use one of'],
    ['published-sts-euclidean', 'added with "+"'],
    ['corrected+sts-euclidean', 'taken away with "-"'],
    ['published+sts-euclid', 'did you mean "sts-euclidean"?'],
    ['published+retrieval-idealcut', 'did you mean "retrieval-ideal-cut"?'],
  ])('"%s" is refused with a way out', (text, fix) => {
    const { protocol, problems } = parseProtocol(text, '--protocol');
    expect(protocol).toBeUndefined();
    expect(problems).toHaveLength(1);
    expect(problems[0].where).toBe('--protocol');
    expect(problems[0].fix).toContain(fix);
  });

  test('all unknown deviations are told at once', () => {
    expect(parseProtocol('published+foo,sts-euclidean,bar').problems.map((p) => p.what)).toEqual([
      '"foo" is no deviation.',
      '"bar" is no deviation.',
    ]);
  });
});
