import { MachineError, messageOf, UserError } from '../errors.js';
import { PassingFault } from './hub-fault.js';

const UNREACHABLE = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT)$/;

/** Faults that do not pass by themselves: what they are, and what to do. */
const LASTING = [
  {
    code: /^CERT_(HAS_EXPIRED|NOT_YET_VALID)$/,
    what: 'the certificate is not valid at this time',
    fix: "check this machine's clock, then HF_ENDPOINT and the proxy where there is one.",
  },
  {
    code: /^(CERT_|ERR_TLS_CERT|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/,
    what: 'the certificate is not trusted',
    fix: 'name the file of the authority that signed it in NODE_EXTRA_CA_CERTS.',
  },
  {
    code: /^(ERR_SSL_|ERR_TLS_|EPROTO$)/,
    what: 'no encrypted connection comes about',
    fix: 'check HF_ENDPOINT (https or http?), and the proxy where there is one.',
  },
] as const;

/**
 * What a request that broke off stands for.
 *
 * @param thrown by fetch or by the reader of a body
 * @param shown the address, without a signature
 */
export function networkFault(thrown: unknown, shown: string): Error {
  const cause = (thrown as { cause?: { code?: unknown; message?: unknown } } | null)?.cause ?? {};
  const code = typeof cause.code === 'string' ? cause.code : '';
  const message = typeof cause.message === 'string' && cause.message !== '' ? cause.message : messageOf(thrown);
  const told = message.includes(code) ? message : `${message} (${code})`;
  // The standard of fetch forbids ports of other services; nothing is sent there, however often it is tried.
  if (message === 'bad port')
    return new UserError({
      where: shown,
      what: 'has a port that is kept for another service; no program that follows the standard of fetch asks there.',
      fix: 'check HF_ENDPOINT, and let the server listen at another port.',
    });
  const lasting = LASTING.find((fault) => fault.code.test(code));
  if (lasting !== undefined)
    return new MachineError({ where: shown, what: `${lasting.what}: ${told}.`, fix: lasting.fix }, { cause: thrown });
  const kind = UNREACHABLE.test(code) ? 'unreachable' : 'other';
  return new PassingFault(`${shown}: ${told}`, { kind, cause: thrown });
}
