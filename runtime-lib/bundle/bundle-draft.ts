/**
 * @file A bundle while it is being written, in whichever form: files go to a sink one after another and are hashed on the
 * way, the manifest comes last, then the sink publishes. Whatever fails in between leaves nothing behind.
 */

import { createHash, type Hash } from "node:crypto";
import { manifestFile } from "./check-manifest.js";
import type { BundleFile, Manifest, WeightData } from "./generated/manifest.js";
import { encodeManifest } from "./manifest.js";
import { isPlainFileName } from "./manifest-problems.js";
import { copyTo, type PlacedTensor, type TensorSource, writeSafetensors } from "./safetensors-writer.js";

/** Where the files of a draft go: a directory or an archive, under a temporary name until published. */
export interface BundleSink {
  begin(name: string): void;
  write(bytes: Uint8Array): void;
  /** Makes the file begun last durable. */
  end(): void;
  /** Puts the finished bundle in its place at once. */
  publish(): void;
  /** Removes everything written; never throws. */
  discard(): void;
}

/** The weights file, as the manifest and the module's description need to know it. */
export interface WrittenWeights {
  readonly file: BundleFile;
  readonly data: WeightData;
  /** In the order given. */
  readonly tensors: readonly PlacedTensor[];
}

export type FileContent = string | Uint8Array | AsyncIterable<Uint8Array>;

/** What a bundle's maker writes to; one file at a time, in an order that is always the same. */
export interface BundleDraft {
  /** Streams tensors into a safetensors file; see `layoutSafetensors` for places without data. */
  weights(tensors: readonly TensorSource[], name?: string): Promise<WrittenWeights>;
  file(name: string, content: FileContent): Promise<BundleFile>;
}

/** The manifest as its maker gives it: the files are those of the draft. */
export type ManifestDraft = Omit<Manifest, "files">;

/** Writes the files of a bundle, then returns its manifest. */
export type Compose = (draft: BundleDraft) => Promise<ManifestDraft>;

export interface WriteOptions {
  /** Stops the writing between slices; nothing is left behind. */
  readonly signal?: AbortSignal;
}

export interface WrittenBundle {
  /** Absolute. */
  readonly path: string;
  /** Hash of `manifest.bin`, which holds the hashes of all other files: the identity of the bundle. */
  readonly digest: string;
  readonly manifest: Manifest;
}

/** Lets `compose` write to `sink`, adds the manifest, and publishes; on any failure the sink is discarded. */
export async function composeBundle(
  sink: BundleSink,
  path: string,
  compose: Compose,
  options: WriteOptions,
): Promise<WrittenBundle> {
  const { signal } = options;
  try {
    const draft = new Draft(sink, signal);
    const body = await compose(draft);
    const manifest: Manifest = { ...body, files: draft.files() };
    const bytes = encodeManifest(manifest);
    const { sha256 } = await draft.add(manifestFile, bytes);
    signal?.throwIfAborted();
    sink.publish();
    return { path, digest: sha256, manifest };
  } catch (error) {
    sink.discard();
    throw error;
  }
}

class Draft implements BundleDraft {
  readonly #sink: BundleSink;
  readonly #signal: AbortSignal | undefined;
  readonly #files = new Map<string, BundleFile>();
  #open: string | undefined;

  constructor(sink: BundleSink, signal: AbortSignal | undefined) {
    this.#sink = sink;
    this.#signal = signal;
  }

  /** Every file written, by name. */
  files(): readonly BundleFile[] {
    return [...this.#files.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async weights(tensors: readonly TensorSource[], name = "weights.safetensors"): Promise<WrittenWeights> {
    const { file, result } = await this.#write(name, (sink) => writeSafetensors(sink, tensors, this.#signal));
    const data: WeightData = { file: name, offset: result.dataOffset, bytes: result.dataBytes };
    return { file, data, tensors: result.tensors };
  }

  async file(name: string, content: FileContent): Promise<BundleFile> {
    if (name.toLowerCase() === manifestFile) throw new Error(`${manifestFile} is written from the manifest`);
    return this.add(name, content);
  }

  async add(name: string, content: FileContent): Promise<BundleFile> {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    return (await this.#write(name, (sink) => copyTo(sink, bytes, this.#signal))).file;
  }

  async #write<T>(name: string, fill: (sink: HashingSink) => Promise<T>): Promise<{ file: BundleFile; result: T }> {
    if (this.#open !== undefined) throw new Error(`'${name}' is begun while '${this.#open}' is being written`);
    if (!isPlainFileName(name)) throw new Error(`'${name}' is not a plain file name`);
    if (this.#files.has(name)) throw new Error(`'${name}' is written twice`);
    this.#open = name;
    this.#sink.begin(name);
    const hashing = new HashingSink(this.#sink);
    const result = await fill(hashing);
    this.#sink.end();
    this.#open = undefined;
    const file: BundleFile = { name, size: hashing.bytes, sha256: hashing.digest() };
    if (name !== manifestFile) this.#files.set(name, file);
    return { file, result };
  }
}

/** Passes bytes on, counting and hashing them. */
class HashingSink {
  readonly #sink: BundleSink;
  readonly #hash: Hash = createHash("sha256");
  bytes = 0;

  constructor(sink: BundleSink) {
    this.#sink = sink;
  }

  write(bytes: Uint8Array): void {
    this.#hash.update(bytes);
    this.bytes += bytes.length;
    this.#sink.write(bytes);
  }

  digest(): string {
    return this.#hash.digest("hex");
  }
}
