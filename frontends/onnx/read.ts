/**
 * @file Reads an ONNX file into checked records. Every problem of the file is reported in one run, each with its node or its byte.
 *
 * Source: onnx-ml.proto and docs/IR.md of ONNX 1.23. Which operators there are is not known here.
 */

import { dirname } from "node:path";
import { CompileError, type DiagnosticSink } from "../../ir/diagnostic.js";
import { ExternalFiles } from "./external-data.js";
import { readWholeFile } from "./file.js";
import { readFunctions } from "./function.js";
import type { ModelProto } from "./generated/onnx.js";
import { readMainGraph } from "./graph.js";
import { readIrVersion, readModelOpsets } from "./opsets.js";
import { onnxCode, type Place, Problems } from "./problems.js";
import type { OnnxModel } from "./records.js";
import type { ReadContext } from "./tensor.js";
import { readEntries } from "./value-info.js";
import { decodeModel, WireError } from "./wire.js";

/**
 * The model in the file at `path`, with its external data checked but not read.
 * @throws CompileError with all of `sink` where anything is wrong: exit code 5 where the file cannot be read, 3 otherwise.
 */
export function readOnnx(path: string, sink: DiagnosticSink): OnnxModel {
  const model = scanOnnx(path, sink);
  sink.throwIfErrors();
  if (model === undefined) throw new Error("a model that cannot be read must have errors");
  return model;
}

/**
 * Like `readOnnx`, for callers that have more to report: what is wrong goes to `sink` alone, parts that are wrong are left out of
 * the model, and there is none where the bytes cannot be decoded or hold no graph. The invariants of `OnnxModel` hold only
 * where `sink` has no errors.
 * @throws CompileError where the file cannot be read.
 */
export function scanOnnx(path: string, sink: DiagnosticSink): OnnxModel | undefined {
  return scanBytes(openModel(path, sink), { file: path, folder: dirname(path) }, sink);
}

/** Where a model in memory is said to come from, and the folder of its external data; without one it may have none. */
export interface OnnxOrigin {
  readonly file: string;
  readonly folder?: string;
}

/**
 * The model in `bytes`, which must not change while the model is in use: its tensors are views of them.
 * @throws CompileError like `readOnnx`.
 */
export function readOnnxBytes(bytes: Uint8Array, origin: OnnxOrigin, sink: DiagnosticSink): OnnxModel {
  const model = scanBytes(bytes, origin, sink);
  sink.throwIfErrors();
  if (model === undefined) throw new Error("a model that cannot be read must have errors");
  return model;
}

/** A file that cannot be read is reported together with what the sink already has. */
function openModel(path: string, sink: DiagnosticSink): Uint8Array {
  try {
    return readWholeFile(path);
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    for (const d of error.diagnostics) sink.add(d);
    throw new CompileError(sink.all, error.exitCode);
  }
}

function scanBytes(bytes: Uint8Array, origin: OnnxOrigin, sink: DiagnosticSink): OnnxModel | undefined {
  const problems = new Problems(origin.file, sink);
  const place: Place = { at: problems.fileAt, what: "" };
  const stranger = foreignFormat(bytes);
  if (stranger !== undefined) {
    problems.error(onnxCode.corrupt, place, stranger.is, stranger.fix);
    return undefined;
  }
  // Not as a `Buffer`, whose `slice` does not copy.
  const proto = decode(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length), problems);
  if (proto === undefined) return undefined;
  const context: ReadContext = { problems, external: new ExternalFiles(origin.folder) };
  if (proto.trainingInfo !== undefined) {
    problems.warn(onnxCode.ignored, place, "the model's training graphs are left out: it is compiled for inference");
  }
  if (proto.configuration !== undefined) {
    problems.warn(onnxCode.ignored, place, "the model's multi-device configuration has no effect");
  }
  return readModel(proto, place, context);
}

function readModel(proto: ModelProto, place: Place, context: ReadContext): OnnxModel | undefined {
  const { problems } = context;
  const irVersion = readIrVersion(proto.irVersion, place, problems);
  const opsets = readModelOpsets(proto.opsetImport ?? [], irVersion, place, problems);
  const functions = readFunctions(proto.functions ?? [], opsets, context);
  if (proto.graph === undefined) {
    problems.error(
      onnxCode.noGraph,
      place,
      "the model has no graph",
      "check that the file is complete and an ONNX model",
    );
    return undefined;
  }
  return {
    file: problems.file,
    irVersion,
    opsets,
    producer: proto.producerName ?? "",
    producerVersion: proto.producerVersion ?? "",
    domain: proto.domain ?? "",
    modelVersion: proto.modelVersion ?? 0n,
    doc: proto.docString ?? "",
    graph: readMainGraph(proto.graph, opsets, context),
    functions,
    metadata: readEntries(proto.metadataProps),
  };
}

function decode(bytes: Uint8Array, problems: Problems): ModelProto | undefined {
  try {
    const { proto, badText } = decodeModel(bytes);
    for (const offset of badText) {
      problems.error(onnxCode.text, { at: problems.byteAt(offset), what: "" }, "a name or text is not UTF-8");
    }
    return proto;
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    const code = error.kind === "limit" ? onnxCode.limit : onnxCode.corrupt;
    const what = error.kind === "limit" ? "" : "the file is cut short or no ONNX model: ";
    const fix = error.kind === "limit" ? undefined : "check that the file was written or downloaded completely";
    problems.error(code, { at: problems.byteAt(error.offset), what: "" }, `${what}${error.message}`, fix);
    return undefined;
  }
}

/** Files people give by mistake, by how they begin. */
function foreignFormat(bytes: Uint8Array): { readonly is: string; readonly fix: string } | undefined {
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(64, bytes.length)).toString("latin1");
  if (start === "") return { is: "the file is empty", fix: "check that the file was written or downloaded completely" };
  if (start.startsWith("version https://git-lfs")) {
    return { is: "the file is a Git LFS pointer, not the model", fix: "fetch the model with 'git lfs pull'" };
  }
  if (start.startsWith("PK\x03\x04")) {
    return { is: "the file is a ZIP archive, not an ONNX model", fix: "for a torch.export archive, name it .pt2" };
  }
  if (/^\s*</.test(start)) return { is: "the file is XML, HTML or ONNX's text form, not an ONNX model", fix: TEXT_FIX };
  return undefined;
}

const TEXT_FIX = "download the model itself, or save a text model in binary form (onnx.save)";
