/**
 * Why a path of a definition may not be used, or undefined when it may.
 *
 * A path is relative, with `/` between its steps, and never leads outside the folder it is resolved in; what a Windows
 * machine would read as a drive or a step is refused everywhere, so that a definition means the same on all machines.
 */
export function unsafePath(path: string): string | undefined {
  // eslint-disable-next-line no-control-regex
  if (/[\u0000-\u001f\u007f]/.test(path)) return 'it has a control character';
  if (path.includes('\\')) return 'it has a backslash; steps are divided by "/"';
  if (path.startsWith('/')) return 'it begins at the root of the machine';
  if (path.startsWith('~')) return 'it begins at a home folder';
  if (/^[A-Za-z][A-Za-z0-9+.-]*:/.test(path)) return 'it begins with a drive or a protocol';
  const steps = path.split('/');
  if (steps.includes('..')) return 'it leads outside its folder';
  if (steps.includes('')) return 'it has an empty step';
  if (steps.includes('.')) return 'it has a step "."';
  return undefined;
}

/** Whether a path is a pattern rather than a name. */
export function isGlob(path: string): boolean {
  return /[*?[\]{}]/.test(path);
}

/** A pattern of `*` (any letters) and `?` (one letter) as an expression for whole names. */
export function globExpression(pattern: string): RegExp {
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll(/\*+/g, '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 'u');
}
