import type { ModelDefinition } from '../definitions/types.js';
import type { Problem } from '../errors.js';
import type { FloatDtype } from '../models/float-type.js';
import { deviceClass } from '../engine/devices.js';
import { computedDtype } from './computed-dtype.js';
import { exportedNetwork } from './exported-network.js';
import { canonicalDtype, exportsThere, findExport, missingDtype, namedExport, type ExportFile } from './find-export.js';
import { builtNetwork, type Network } from './network.js';
import type { SentenceModules } from './read-modules.js';
import { readTensors, readTransformer } from './read-transformer.js';
import { staticNetwork } from './static-network.js';
import type { ModelOptions } from './types.js';

/** A folder of a network, and what decides which of its files are taken. */
export interface NetworkRequest {
  /** Absolute, and its name in messages. */
  readonly folder: string;
  readonly where: string;
  readonly modules: SentenceModules;
  readonly options: ModelOptions;
  readonly definition?: ModelDefinition;
}

/**
 * The network of a model: the export that `--onnx-file` names, else weights where the device computes in the number type
 * that is asked for (every device does in fp32), else the export in that type.
 *
 * @returns undefined, with problems, where there is none
 */
export async function readNetwork(request: NetworkRequest, problems: Problem[]): Promise<Network | undefined> {
  const { folder, where, modules, options, definition } = request;
  const asked = options.dtype ?? definition?.dtype ?? 'fp32';
  const dtype = canonicalDtype(asked);
  if (modules.isStatic) {
    if (dtype !== 'fp32') {
      problems.push({ where: `--dtype ${asked}`, what: 'a static model is computed in fp32.', fix: 'leave it out.' });
    }
    return staticNetwork(folder, where, options, problems);
  }
  const take = (found: ExportFile): Promise<Network | undefined> =>
    exportedNetwork({ folder, where, found, options, skipsPrompt: !modules.pooling.includePrompt }, problems);
  const faults: Problem[] = [];
  const computed = computedDtype(dtype, options.device);
  const built = readBuilt({ folder, where, dtype: computed ?? 'fp32' }, faults);
  if (options.onnxFile !== undefined) return takeNamed(request, take, problems);
  if (computed !== undefined && built !== undefined) return built;
  const found = findExport(folder, dtype);
  if (found !== undefined) return take(found);
  const hasExports = exportsThere(folder).length > 0;
  if (computed !== undefined || !hasExports) problems.push(...faults);
  if (computed === undefined || hasExports) {
    const device = deviceClass(options.device ?? 'cpu');
    problems.push(missingDtype({ folder, where, asked, dtype, device, hasWeights: built !== undefined }));
  }
  return undefined;
}

function readBuilt(
  { folder, where, dtype }: { readonly folder: string; readonly where: string; readonly dtype: FloatDtype },
  problems: Problem[],
): Network | undefined {
  const transformer = readTransformer(folder, where, problems);
  const weights = readTensors(folder, where, problems);
  return transformer === undefined || weights === undefined ? undefined : builtNetwork(transformer, weights, dtype);
}

async function takeNamed(
  { folder, options }: NetworkRequest,
  take: (found: ExportFile) => Promise<Network | undefined>,
  problems: Problem[],
): Promise<Network | undefined> {
  const found = namedExport(folder, options.onnxFile as string, problems);
  const network = found === undefined ? undefined : await take(found);
  if (found === undefined || network === undefined) return undefined;
  if (options.dtype !== undefined && canonicalDtype(options.dtype) !== network.dtype) {
    const what = `${found.name} is an export in ${network.dtype}.`;
    problems.push({ where: `--dtype ${options.dtype}`, what, fix: 'leave one of --dtype and --onnx-file out.' });
    return undefined;
  }
  // Without the option the number type alone would lead to this file. Where the device computes in it weights go first, and
  // a folder of the Hub's cache may lack those that the model has: there it is always said.
  const isOnlyExported = computedDtype(network.dtype, options.device) === undefined;
  const isUsual = findExport(folder, network.dtype)?.file === found.file && isOnlyExported;
  return isUsual ? network : { ...network, options: { ...network.options, 'onnx-file': found.name } };
}
