/** A child that answers once and then computes for ever, as a long clustering may. */
import { serveParent } from '../../dist/run/child-server.js';

serveParent(
  async (request) => {
    while (request === 'be busy');
    return null;
  },
  async () => undefined,
);
