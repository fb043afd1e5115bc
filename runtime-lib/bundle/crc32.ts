/**
 * @file CRC-32 as zip archives use it (polynomial 0xEDB88320, reflected). Eight bytes a step through eight tables; Node has
 * its own only from 20.15 on, and the runtime runs on every Node 20.
 */

const tables = makeTables();

function makeTables(): readonly Uint32Array[] {
  const all = Array.from({ length: 8 }, () => new Uint32Array(256));
  for (let n = 0; n < 256; n++) {
    let c = n;
    for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
    all[0]![n] = c;
  }
  for (let t = 1; t < 8; t++) {
    for (let n = 0; n < 256; n++) {
      const before = all[t - 1]![n]!;
      all[t]![n] = (before >>> 8) ^ all[0]![before & 0xff]!;
    }
  }
  return all;
}

/** The CRC of `bytes` after bytes whose CRC is `before`; unsigned. */
export function crc32(bytes: Uint8Array, before = 0): number {
  const [t0, t1, t2, t3, t4, t5, t6, t7] = tables as readonly [
    ...(readonly [Uint32Array, Uint32Array, Uint32Array, Uint32Array]),
    ...(readonly [Uint32Array, Uint32Array, Uint32Array, Uint32Array]),
  ];
  const end = bytes.length - (bytes.length % 8);
  let c = ~before;
  let i = 0;
  for (; i < end; i += 8) {
    c ^= bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
    c =
      t7[c & 0xff]! ^
      t6[(c >>> 8) & 0xff]! ^
      t5[(c >>> 16) & 0xff]! ^
      t4[c >>> 24]! ^
      t3[bytes[i + 4]!]! ^
      t2[bytes[i + 5]!]! ^
      t1[bytes[i + 6]!]! ^
      t0[bytes[i + 7]!]!;
  }
  for (; i < bytes.length; i++) c = (c >>> 8) ^ t0[(c ^ bytes[i]!) & 0xff]!;
  return ~c >>> 0;
}
