/**
 * @file Tensors that the archive carries: parameters, buffers, constants. Bytes are those of whole storages, which tensors
 * view by sizes, strides and an offset; tied tensors share one file.
 */

import { cellOf } from "../../ir/bytes.js";
import { quote } from "../../ir/refusal.js";
import type { Archive } from "./archive.js";
import { FieldError, field, flagOf, objectOf, textOf } from "./fields.js";
import { readMeta } from "./graph.js";
import { type Json, parseJson } from "./json.js";
import { archiveCode, type Problems } from "./problems.js";
import type { Payload, Size, TensorMeta } from "./records.js";

const places = [
  { folder: "weights", config: "weights_config" },
  { folder: "constants", config: "constants_config" },
] as const;

/** Everything the model `name` of the archive carries, by fully qualified name; what is wrong is reported. */
export function readPayloads(
  archive: Archive,
  stem: string,
  name: string,
  problems: Problems,
): ReadonlyMap<string, Payload> {
  const payloads = new Map<string, Payload>();
  for (const { folder, config } of places) {
    const entry = archive.entries.get(`${stem}/data/${folder}/${name}_${config}.json`);
    if (!entry) continue;
    try {
      const json = parseJson(archive.text(entry));
      const table = field(objectOf(json), "config", objectOf);
      for (const [fqn, value] of Object.entries(table)) {
        const payload = readPayload(archive, `${stem}/data/${folder}/`, fqn, value, problems);
        if (payload) payloads.set(fqn, payload);
      }
    } catch (error) {
      if (!(error instanceof FieldError) && !(error instanceof SyntaxError) && !(error instanceof TypeError))
        throw error;
      problems.error(archiveCode.json, `${quote(entry.name)}: ${error.message}`);
    }
  }
  return payloads;
}

function readPayload(archive: Archive, folder: string, fqn: string, x: Json, problems: Problems): Payload | undefined {
  const fault = (message: string, fix?: string): undefined => {
    const at = { kind: "graph-node", file: archive.file, node: fqn } as const;
    problems.error(archiveCode.payload, `tensor ${quote(fqn)} ${message}`, fix === undefined ? { at } : { at, fix });
  };
  try {
    const object = objectOf(x);
    const path = field(object, "path_name", textOf);
    if (field(object, "use_pickle", flagOf))
      return fault("is stored as a pickle, which is never read", "export tensors that are plain, not of a subclass");
    if (object["tensor_meta"] === null || object["tensor_meta"] === undefined)
      return fault("is an object of Python, not a tensor", "pass it to the model as tensors");
    const meta = field(object, "tensor_meta", readMeta);
    const entry = archive.entries.get(`${folder}${path}`);
    if (!entry) return fault(`has no data: the archive has no entry ${quote(folder + path)}`);
    const wrong = wrongExtent(meta, entry.length);
    if (wrong !== undefined) return fault(wrong);
    const read = (offset: number, length: number): Uint8Array => archive.read(entry, offset, length);
    return { meta, bytes: { entry: entry.name, length: entry.length, read } };
  } catch (error) {
    if (!(error instanceof FieldError)) throw error;
    return fault(`is described wrongly: ${error.message}`);
  }
}

/** What is wrong with a tensor whose storage has `bytes` bytes. */
function wrongExtent({ element, sizes, strides, offset }: TensorMeta, bytes: number): string | undefined {
  const all: readonly Size[] = [...sizes, ...strides, offset];
  if (!all.every((d) => typeof d === "number" && Number.isSafeInteger(d) && d >= 0))
    return "has sizes, strides or an offset that are no plain numbers";
  if (sizes.length !== strides.length) return `has ${sizes.length} sizes and ${strides.length} strides`;
  if (sizes.includes(0)) return undefined;
  const last = sizes.reduce<number>(
    (at, size, k) => at + ((size as number) - 1) * (strides[k] as number),
    offset as number,
  );
  const needed = (last + 1) * cellOf(element).bytes;
  return needed <= bytes ? undefined : `reaches byte ${needed} of a storage of ${bytes} bytes`;
}
