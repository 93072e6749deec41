import type { FetchContext } from './fetch-types.js';
import type { HubCallOptions } from './hub-types.js';

/** Ways of a Hub's call to tell why it waits, and what it found. */
export function tellingOf(onEvent: FetchContext['onEvent']): Pick<HubCallOptions, 'onWait' | 'onNotice'> {
  const warn = (message: string): void => onEvent?.({ event: 'warning', message });
  return {
    onWait: ({ reason, waitMs, attempt, attempts }) =>
      warn(`${reason}; attempt ${attempt + 1} of ${attempts} in ${(waitMs / 1000).toFixed(1)} s`),
    onNotice: warn,
  };
}
