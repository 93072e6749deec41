import type * as OnnxRuntime from 'onnxruntime-node';
import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { UserError } from '../errors.js';
import type { TensorData } from '../onnx/element-type.js';
import { deviceProblem } from './device-problem.js';
import { executionProviders } from './devices.js';
import type { Tensor } from './tensor.js';

export interface SessionOptions {
  /** `cpu` (default), `cuda`, `cuda:1`, `webgpu`. */
  readonly device?: string;
  /** Threads inside one operator, >= 1. Results on the CPU do not depend on it. */
  readonly threads: number;
  /** Folder that the `location`s of external initializers are relative to. */
  readonly externalFolder?: string;
}

type Ort = typeof OnnxRuntime;
let loading: Promise<Ort> | undefined;

/**
 * ONNX Runtime, loaded on first use: its native library costs a tenth of a second that `--help` must not pay.
 *
 * Its builds send usage data to their maker, and leave a log in the temporary folder, unless this variable is set: nobody
 * who runs an evaluation, perhaps with `--offline`, has asked for that. Whoever wants it sets the variable to 0.
 */
export function loadRuntime(): Promise<Ort> {
  process.env.ORT_DISABLE_TELEMETRY ||= '1';
  loading ??= import('onnxruntime-node').then((module) => (module as unknown as { default?: Ort }).default ?? module);
  return loading;
}

/**
 * Opens a session on a model's bytes.
 *
 * @throws UserError when the device is not to be had
 * @throws Error when the runtime refuses the graph
 */
export async function openSession(model: Uint8Array, options: SessionOptions): Promise<EngineSession> {
  const ort = await loadRuntime();
  const device = options.device ?? 'cpu';
  const settings: InferenceSession.SessionOptions = {
    executionProviders: executionProviders(device),
    intraOpNumThreads: options.threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
  };
  if (options.externalFolder !== undefined) {
    settings.extra = { session: { model_external_initializers_file_folder_path: options.externalFolder } };
  }
  try {
    return new EngineSession(ort, await ort.InferenceSession.create(model, settings));
  } catch (thrown) {
    if (device === 'cpu') throw thrown;
    throw new UserError(deviceProblem(device, thrown));
  }
}

/**
 * A loaded graph. `run` blocks the thread while it computes (the binding is synchronous inside), so model inference
 * belongs into a process of its own. Always `close`: memory outside the heap is not collected.
 */
export class EngineSession {
  private closed = false;

  constructor(
    private readonly ort: Ort,
    private readonly session: InferenceSession,
  ) {}

  /**
   * Runs the graph once. Inputs are not copied, outputs are fresh arrays.
   *
   * @param feeds a tensor for every input of the graph
   * @param wanted names of the outputs to compute; all unless given
   */
  async run(feeds: Readonly<Record<string, Tensor>>, wanted?: readonly string[]): Promise<Record<string, Tensor>> {
    const given: Record<string, OrtTensor> = {};
    for (const [name, tensor] of Object.entries(feeds)) {
      given[name] = new this.ort.Tensor(tensor.type as 'float32', tensor.data as Float32Array, tensor.dims);
    }
    const outputs = wanted === undefined ? await this.session.run(given) : await this.session.run(given, [...wanted]);
    const result: Record<string, Tensor> = {};
    for (const [name, tensor] of Object.entries(outputs)) {
      result[name] = { type: tensor.type as Tensor['type'], dims: tensor.dims, data: tensor.data as TensorData };
    }
    return result;
  }

  /** Frees the graph; a second call does nothing. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await this.session.release();
  }
}
