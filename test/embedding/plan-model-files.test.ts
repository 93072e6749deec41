import { existsSync, mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fetchFiles } from '../../src/datasets/fetch-files.js';
import type { FetchContext } from '../../src/datasets/fetch-types.js';
import { openHub } from '../../src/datasets/open-hub.js';
import { fetchBesideExports, planModelFiles } from '../../src/embedding/plan-model-files.js';
import { startTestHub, type TestHub } from '../hub/test-hub.js';
import { tinyExport } from '../models/tiny-export.js';

const COMMIT = '00112233445566778899aabbccddeeff00112233';
const ID = 'owner/exports';
let hub: TestHub;

beforeAll(async () => {
  const weightsIn = (location: string): Uint8Array =>
    tinyExport({ opset: 14, inputs: ['input_ids'], external: { location, offset: 0, length: 480 } });
  const files = {
    'config.json': '{"model_type":"bert"}',
    'tokenizer.json': '{}',
    'onnx/model.onnx': weightsIn('model.onnx_data'),
    'onnx/model.onnx_data': Buffer.alloc(480),
    'onnx/model.onnx_data_1': Buffer.alloc(480, 1),
    'onnx/model_fp16.onnx': weightsIn('./weights/half.bin'),
    'onnx/weights/half.bin': Buffer.alloc(480, 2),
    'onnx/model_q4.onnx': weightsIn('../config.json'),
    'onnx/weights/other.bin': Buffer.alloc(480, 3),
  };
  hub = await startTestHub({ repositories: [{ kind: 'model', id: ID, commits: { [COMMIT]: files } }] });
});
afterAll(() => hub.close());

/** Fetches a model with one number type; what its folder of exports holds then. */
async function fetched(dtype: string): Promise<string[]> {
  const cache = mkdtempSync(join(tmpdir(), 'jmteb-hub-'));
  const settings = { endpoint: hub.endpoint, cache, isOffline: false };
  const context: FetchContext = {
    hub: openHub(settings),
    cachedHub: openHub({ ...settings, isOffline: true }),
    cache,
    listings: join(cache, 'listings'),
    isOffline: false,
  };
  const plan = await planModelFiles(ID, { dtype, revision: COMMIT }, context);
  await fetchFiles(plan.files, context);
  await fetchBesideExports(plan, context);
  const folder = join(cache, 'models--owner--exports', 'snapshots', COMMIT);
  expect(existsSync(join(folder, 'tokenizer.json'))).toBe(true);
  return (readdirSync(join(folder, 'onnx'), { recursive: true }) as string[]).sort();
}

it('weights beside an export are fetched with it: all parts that are named after it', async () => {
  expect(await fetched('fp32')).toEqual(['model.onnx', 'model.onnx_data', 'model.onnx_data_1']);
});

it('weights that an export keeps elsewhere are found in it, and no others fetched', async () => {
  expect(await fetched('fp16')).toEqual(['model_fp16.onnx', 'weights', join('weights', 'half.bin')]);
});

it('weights that would lie outside the folder of the export are not fetched', async () => {
  expect(await fetched('q4')).toEqual(['model_q4.onnx']);
});
