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
import type { NamedProgram, TorchProgram } from "./records.js";

/** Majors of the schema that this reader knows. */
const KNOWN_MAJOR = 8;

/** Models in one archive. */
const MAX_MODELS = 64;

/**
 * The programs in the archive at `path`; what is wrong goes to `sink`. `undefined` where nothing can be made of one of them.
 * Rejects with a `CompileError` (exit code 5) where the file cannot be read.
 */
export async function scanTorch(path: string, sink: DiagnosticSink): Promise<readonly NamedProgram[] | undefined> {
  const problems = new Problems(path, sink);
  const archive = await openArchive(path, problems);
  const places = archive && findModels(archive, problems);
  if (places === undefined) return undefined;
  const programs = places.flatMap((place): NamedProgram[] => {
    const program = scanModel(archive!, place, problems);
    return program === undefined ? [] : [{ name: place.name, program }];
  });
  return programs.length < places.length ? undefined : programs;
}

function scanModel(archive: Archive, place: ModelPlace, problems: Problems): TorchProgram | undefined {
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
 * The programs in the archive at `path`: one, or several that an archive keeps under names of their own.
 * Rejects with a `CompileError` with all of `sink` where anything is wrong: exit code 5 where the file cannot be read, 3 otherwise.
 */
export async function readTorch(path: string, sink: DiagnosticSink): Promise<readonly NamedProgram[]> {
  const programs = await scanTorch(path, sink);
  sink.throwIfErrors();
  if (programs === undefined) throw new Error("an archive that cannot be read must have errors");
  return programs;
}

interface ModelPlace {
  readonly stem: string;
  readonly name: string;
  readonly entry: ArchiveEntry;
}

/** The models of the archive, in its order; `undefined` where there is none, or one that no function can be named after. */
function findModels(archive: Archive, problems: Problems): readonly ModelPlace[] | undefined {
  const places = [...archive.entries.values()].flatMap((entry): ModelPlace[] => {
    const parts = /^([^/]+)\/models\/([^/]+)\.json$/.exec(entry.name);
    return parts ? [{ stem: parts[1]!, name: parts[2]!, entry }] : [];
  });
  if (places.length > 0) return areEntries(places, problems) ? places : undefined;
  const pickle = [...archive.entries.keys()].find((name) => name.endsWith(".pkl"));
  const what = pickle ? `a pickle (${quote(pickle)}), which is never read` : "no graph (no models/NAME.json)";
  problems.error(archiveCode.archive, `the archive holds ${what}`, {
    fix: "write it with torch.export.save(torch.export.export(model, args), path)",
  });
  return undefined;
}

/** Each of several models becomes a function of its name, which C programs call too. */
function areEntries(places: readonly ModelPlace[], problems: Problems): boolean {
  const before = problems.errors;
  if (places.length > MAX_MODELS)
    problems.error(archiveCode.archive, `the archive has ${places.length} models; at most ${MAX_MODELS} are read`);
  else if (places.length > 1)
    for (const { name } of places)
      if (!/^[A-Za-z][A-Za-z0-9_]{0,63}$/.test(name))
        problems.error(
          archiveCode.archive,
          `the archive has several models, and ${quote(name)} cannot name a function`,
          {
            fix: "name models by a letter and then letters, digits and '_', such as prefill and decode",
          },
        );
  return problems.errors === before;
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
