import { attend, plus, type SlowWeights } from './slow-layers.js';
import { gelu } from './tiny-bert.js';

export const SIZES = { vocabulary: 20, hidden: 8, heads: 2, inner: 12, layers: 2, positions: 24, types: 2 } as const;

/** How BERT names its parts; a relative with other names gives its own. */
export const PARTS = {
  layers: 'encoder.layer',
  query: 'attention.self.query',
  key: 'attention.self.key',
  value: 'attention.self.value',
  attended: 'attention.output.dense',
  attendedNorm: 'attention.output.LayerNorm',
  wide: 'intermediate.dense',
  narrow: 'output.dense',
  norm: 'output.LayerNorm',
};

/** Adds the tensors of all layers. */
export function addLayers(weights: SlowWeights, parts = PARTS): void {
  const { hidden, inner, layers } = SIZES;
  for (let layer = 0; layer < layers; layer++) {
    const at = (name: string): string => `${parts.layers}.${layer}.${name}`;
    for (const name of [parts.query, parts.key, parts.value, parts.attended])
      weights.addLinear(at(name), hidden, hidden);
    weights.addNorm(at(parts.attendedNorm), hidden);
    weights.addLinear(at(parts.wide), inner, hidden);
    weights.addLinear(at(parts.narrow), hidden, inner);
    weights.addNorm(at(parts.norm), hidden);
  }
}

/** The layers in plain loops; `turn` changes queries and keys by their position, `turnValue` values. */
export function slowLayers(
  weights: SlowWeights,
  embedded: number[][],
  epsilon: number,
  { parts = PARTS, turn = (x: number[], _: number) => x, turnValue = (x: number[], _: number) => x } = {},
): number[][] {
  const size = SIZES.hidden / SIZES.heads;
  let states = embedded;
  for (let layer = 0; layer < SIZES.layers; layer++) {
    const at = (name: string): string => `${parts.layers}.${layer}.${name}`;
    const project = (name: string): number[][] => states.map((state) => weights.linear(state, at(name)));
    const context = attend(
      project(parts.query).map(turn),
      project(parts.key).map(turn),
      project(parts.value).map(turnValue),
      { heads: SIZES.heads, scale: 1 / Math.sqrt(size) },
    );
    states = states.map((state, i) => {
      const attended = weights.linear(context[i], at(parts.attended));
      const middle = weights.norm(plus(attended, state), at(parts.attendedNorm), epsilon);
      const wide = weights.linear(middle, at(parts.wide)).map((x) => gelu(x));
      return weights.norm(plus(weights.linear(wide, at(parts.narrow)), middle), at(parts.norm), epsilon);
    });
  }
  return states;
}
