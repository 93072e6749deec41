import { chooseDevice } from '../run/choose-device.js';

/**
 * Options with the device that `auto` means on this machine, decided once; others as they are.
 *
 * @param tell called with the device and why it is this one
 */
export async function settleDevice<Options extends { readonly device?: string }>(
  options: Options,
  tell?: (device: string, why: string) => void,
): Promise<Options> {
  if (options.device !== 'auto') return options;
  const { device, why } = await chooseDevice();
  tell?.(device, why);
  return { ...options, device };
}
