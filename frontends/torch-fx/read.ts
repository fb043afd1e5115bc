/**
 * @file Reads a torch.export archive (.pt2) into checked records. Every problem of the archive is reported in one run, with its
 * node and the line of the user's source it came from. Pickles are never read. Source: torch/export/pt2_archive and
 * torch/_export/serde/schema.yaml (PyTorch 2.13, schema 8).
 */

import { CompileError, type DiagnosticSink } from "../../ir/diagnostic.js";
import { quote } from "../../ir/refusal.js";
import { type Archive, type ArchiveEntry, openArchive } from "./archive.js";
import { FieldError, objectOf, optionalField, textOf } from "./fields.js";
import { readGraph } from "./graph.js";
import { type Json, parseJson } from "./json.js";
import { readPayloads } from "./payloads.js";
import { archiveCode, Problems } from "./problems.js";
import { readProgram } from "./program.js";
import type { TorchProgram } from "./records.js";

/** Majors of the schema that this reader knows. */
const KNOWN_MAJOR = 8;

/**
 * The program in the archive at `path`; what is wrong goes to `sink`. `undefined` where nothing can be made of it.
 * Rejects with a `CompileError` (exit code 5) where the file cannot be read.
 */
export async function scanTorch(path: string, sink: DiagnosticSink): Promise<TorchProgram | undefined> {
  const problems = new Problems(path, sink);
  const archive = await openArchive(path, problems);
  if (!archive) return undefined;
  const place = findModel(archive, problems);
  if (!place) return undefined;
  const json = readJson(archive, place.entry, problems);
  if (json === undefined) return undefined;
  try {
    if (!isKnownSchema(json, problems)) return undefined;
    const payloads = readPayloads(archive, place.stem, place.name, problems);
    return readProgram(json, payloads, problems, readGraph);
  } catch (error) {
    if (!(error instanceof FieldError)) throw error;
    problems.error(
      archiveCode.record,
      `${place.entry.name}${error.message.startsWith(":") ? "" : ": "}${error.message}`,
    );
    return undefined;
  }
}

/**
 * The program in the archive at `path`.
 * Rejects with a `CompileError` with all of `sink` where anything is wrong: exit code 5 where the file cannot be read, 3 otherwise.
 */
export async function readTorch(path: string, sink: DiagnosticSink): Promise<TorchProgram> {
  const program = await scanTorch(path, sink);
  sink.throwIfErrors();
  if (program === undefined) throw new Error("an archive that cannot be read must have errors");
  return program;
}

interface ModelPlace {
  readonly stem: string;
  readonly name: string;
  readonly entry: ArchiveEntry;
}

/** The only model of the archive, or the one called `model`. */
function findModel(archive: Archive, problems: Problems): ModelPlace | undefined {
  const places = [...archive.entries.values()].flatMap((entry): ModelPlace[] => {
    const parts = /^([^/]+)\/models\/([^/]+)\.json$/.exec(entry.name);
    return parts ? [{ stem: parts[1]!, name: parts[2]!, entry }] : [];
  });
  const chosen = places.length === 1 ? places[0] : places.find((p) => p.name === "model");
  if (chosen) return chosen;
  if (places.length > 1) {
    const names = places.map((p) => quote(p.name)).join(", ");
    problems.error(archiveCode.archive, `the archive has the models ${names}, and none is called 'model'`, {
      fix: "save one exported program to an archive of its own",
    });
    return undefined;
  }
  const pickle = [...archive.entries.keys()].find((name) => name.endsWith(".pkl"));
  const what = pickle ? `a pickle (${quote(pickle)}), which is never read` : "no graph (no models/NAME.json)";
  problems.error(archiveCode.archive, `the archive holds ${what}`, {
    fix: "write it with torch.export.save(torch.export.export(model, args), path)",
  });
  return undefined;
}

/** The JSON in an entry; `undefined` where it is none, which `problems` then says. */
export function readJson(archive: Archive, entry: ArchiveEntry, problems: Problems): Json | undefined {
  try {
    return parseJson(archive.text(entry));
  } catch (error) {
    if (error instanceof CompileError || !(error instanceof Error)) throw error;
    problems.error(archiveCode.json, `${quote(entry.name)} is no JSON: ${error.message}`);
    return undefined;
  }
}

function isKnownSchema(json: Json, problems: Problems): boolean {
  const version = optionalField(objectOf(json), "schema_version", objectOf);
  const major = version?.["major"];
  if (major === KNOWN_MAJOR) return true;
  const torch = optionalField(objectOf(json), "torch_version", textOf) ?? "an unknown version";
  problems.error(
    archiveCode.schema,
    `the graph has schema ${String(major)}, written by PyTorch ${torch.slice(0, 40)}`,
    {
      fix: `export again with a PyTorch that writes schema ${KNOWN_MAJOR} (2.8 or newer)`,
    },
  );
  return false;
}
