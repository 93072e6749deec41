import { UserError } from '../errors.js';

/** The error of a vector with a component that is NaN or infinite. */
export function notFinite(where: string): UserError {
  return new UserError({
    where,
    what: 'a component is not finite (NaN or infinite).',
    fix: 'embed the texts again, or correct the vectors.',
  });
}
