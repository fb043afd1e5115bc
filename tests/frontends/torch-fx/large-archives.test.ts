/** @file An archive of gigabytes costs what its directory costs: weights are ranges of the file until somebody reads them. */

import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { importTorch } from "../../../frontends/torch-fx/import.js";
import { readTorch } from "../../../frontends/torch-fx/read.js";
import { newContext } from "../../../lowering/dialects.js";
import { entriesOf, type GraphText } from "./archive.js";

const folder = mkdtempSync(join(tmpdir(), "persimmons-gigabytes-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Rows of 2048 floats: 3 GiB. */
const ROWS = 393_216;
const BYTES = ROWS * 2048 * 4;

/** A stored zip whose entry `hole` is `bytes` long, all zeros but for its last ones: the file system keeps only those. */
function writeSparse(
  path: string,
  entries: Readonly<Record<string, Uint8Array>>,
  hole: { readonly name: string; readonly bytes: number; readonly end: Uint8Array },
): void {
  const fd = openSync(path, "w");
  const directory: Buffer[] = [];
  let offset = 0;
  const add = (name: string, length: number, data: Uint8Array): void => {
    const header = Buffer.alloc(30);
    header.writeUInt32LE(0x04034b50, 0);
    header.writeUInt16LE(name.length, 26);
    writeSync(fd, Buffer.concat([header, Buffer.from(name)]), 0, 30 + name.length, offset);
    const record = Buffer.alloc(46);
    record.writeUInt32LE(0x02014b50, 0);
    record.writeUInt32LE(length, 20);
    record.writeUInt32LE(length, 24);
    record.writeUInt16LE(name.length, 28);
    record.writeUInt32LE(offset, 42);
    directory.push(record, Buffer.from(name));
    offset += 30 + name.length + length;
    if (data.length > 0) writeSync(fd, data, 0, data.length, offset - data.length);
  };
  for (const [name, data] of Object.entries(entries)) if (name !== hole.name) add(name, data.length, data);
  add(hole.name, hole.bytes, hole.end);
  const all = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(directory.length / 2, 8);
  end.writeUInt16LE(directory.length / 2, 10);
  end.writeUInt32LE(all.length, 12);
  end.writeUInt32LE(offset, 16);
  ftruncateSync(fd, offset);
  writeSync(fd, Buffer.concat([all, end]), 0, all.length + end.length, offset);
  closeSync(fd);
}

it("an archive of 3 GiB is read and imported without its weights", async () => {
  const graph: GraphText = {
    inputs: ["x"],
    outputs: ["y"],
    tensors: { x: { sizes: [1, 2048] }, w: { sizes: [ROWS, 2048] }, y: { sizes: [1, ROWS] } },
    nodes: [
      { target: "aten.linear.default", inputs: { input: { tensor: "x" }, weight: { tensor: "w" } }, outputs: ["y"] },
    ],
    buffers: { w: { fqn: "table", bytes: new Uint8Array(), sizes: [ROWS, 2048] } },
  };
  const path = join(folder, "m.pt2");
  const end = new Uint8Array([1, 2, 3, 4]);
  writeSparse(path, entriesOf(graph), { name: "m/data/weights/weight_0", bytes: BYTES, end });
  const context = newContext();
  const before = process.memoryUsage();
  importTorch(await readTorch(path, context.diagnostics), context);
  const after = process.memoryUsage();
  const grown = after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers;
  expect(grown).toBeLessThan(100 * 2 ** 20);
  const [weight] = [...context.resources.all()];
  expect(weight!.byteLength).toBe(BYTES);
  // A part is read from where it is.
  expect([...weight!.read(BYTES - 6, 6)]).toEqual([0, 0, 1, 2, 3, 4]);
});
