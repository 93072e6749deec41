const encoder = new TextEncoder();

/**
 * One protobuf message being written: fields in the order of the calls.
 *
 * Only what ONNX needs: varints, 32-bit floats, length-delimited fields. Byte arrays are kept by reference until
 * `finish`, so a large tensor is copied once.
 *
 * Source: the encoding page of the Protocol Buffers documentation.
 */
export class ProtobufWriter {
  private readonly parts: Uint8Array[] = [];
  private size = 0;

  /** Field of an integer type; negative numbers take ten bytes, as int64 does. */
  varint(field: number, value: number | bigint): this {
    this.tag(field, 0);
    return this.append(varintBytes(BigInt(value)));
  }

  /** Field of type float. */
  float(field: number, value: number): this {
    this.tag(field, 5);
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setFloat32(0, value, true);
    return this.append(bytes);
  }

  /** Field of type string. */
  string(field: number, value: string): this {
    return this.bytes(field, encoder.encode(value));
  }

  /** Field of type bytes. */
  bytes(field: number, value: Uint8Array): this {
    this.tag(field, 2);
    this.append(varintBytes(BigInt(value.length)));
    return this.append(value);
  }

  /** Field that is a message. */
  message(field: number, value: ProtobufWriter): this {
    this.tag(field, 2);
    this.append(varintBytes(BigInt(value.size)));
    for (const part of value.parts) this.append(part);
    return this;
  }

  /** Fields that are encoded already. */
  encoded(fields: Uint8Array): this {
    return this.append(fields);
  }

  /** Repeated integers, packed. */
  packedVarints(field: number, values: readonly (number | bigint)[]): this {
    const packed = new ProtobufWriter();
    for (const value of values) packed.append(varintBytes(BigInt(value)));
    return this.message(field, packed);
  }

  /** The message's bytes. */
  finish(): Uint8Array {
    const all = new Uint8Array(this.size);
    let at = 0;
    for (const part of this.parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }

  private tag(field: number, wireType: number): void {
    this.append(varintBytes(BigInt(field * 8 + wireType)));
  }

  private append(part: Uint8Array): this {
    this.parts.push(part);
    this.size += part.length;
    return this;
  }
}

function varintBytes(value: bigint): Uint8Array {
  let rest = BigInt.asUintN(64, value);
  const bytes: number[] = [];
  while (rest >= 128n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}
