import { DEVICE_DTYPES, deviceClass } from '../engine/devices.js';
import { isFloatDtype, type FloatDtype } from '../models/float-type.js';

/** The largest number of half precision, (2 - 2^-10) 2^15. */
const LARGEST_HALF = 65504;

/**
 * The number type as one that a graph of weights is built in; undefined where the device has no kernels of it, so that
 * only an export can have it.
 *
 * @param device as the option names it
 */
export function computedDtype(dtype: string, device = 'cpu'): FloatDtype | undefined {
  return isFloatDtype(dtype) && DEVICE_DTYPES[deviceClass(device)].includes(dtype) ? dtype : undefined;
}

/** What to do where a model in a number type gives NaN or infinity. */
export function overflowFix(dtype: string, device = 'cpu'): string {
  if (dtype === 'fp32') return 'check the weights.';
  const wider = DEVICE_DTYPES[deviceClass(device)].filter((type) => type !== dtype && type !== 'fp16');
  const end = dtype === 'fp16' ? `, which ends at ${LARGEST_HALF}` : '';
  const choices = wider.map((type) => `--dtype ${type}`).join(' or ');
  return `its numbers may be too large for ${dtype}${end}: take ${choices}.`;
}
