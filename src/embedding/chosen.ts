/** A setting, and where its value comes from: an option, a definition, a file of the model, or a default. */
export interface Chosen<T> {
  readonly value: T;
  readonly from: string;
}

/** The first candidate that has a value; the last one always has. */
export function choose<T>(
  candidates: readonly (readonly [value: T | undefined, from: string])[],
  otherwise: Chosen<T>,
): Chosen<T> {
  for (const [value, from] of candidates) if (value !== undefined) return { value, from };
  return otherwise;
}

/** Where the values of a model's definition come from. */
export function definitionFile({ id }: { readonly id: string }): string {
  return `configs/${id}.json`;
}
