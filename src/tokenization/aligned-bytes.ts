import { FileFault, GET_AGAIN } from '../datasets/file-fault.js';
import type { ByteSource } from '../onnx/byte-source.js';

/**
 * Some bytes of a source in an ArrayBuffer of their own, so that numbers of any width can be read from it in place.
 *
 * @throws FileFault when the source ends before
 */
export function alignedBytes(source: ByteSource, start: number, length: number): Uint8Array<ArrayBuffer> {
  if (start + length > source.size) throw new FileFault('it ends too early.', GET_AGAIN);
  const bytes = source.read(start, start + length);
  const { buffer } = bytes;
  const isAlone = buffer instanceof ArrayBuffer && bytes.byteOffset === 0 && bytes.length === buffer.byteLength;
  return isAlone ? new Uint8Array(buffer) : new Uint8Array(bytes);
}
