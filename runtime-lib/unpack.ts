/**
 * @file A packed bundle as a directory in the user's cache, for what needs files of their own: compilers read modules,
 * libraries map weights. Unpacked once per bundle; the copy is a bundle like any other, with the same digest.
 */

import { closeSync, readSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { FilePlace } from "./bundle/bundle-files.js";
import { ensureCacheFolder } from "./bundle/cache-directory.js";
import { attempt, openPlainFile, sliceBytes } from "./bundle/file-io.js";
import { type OpenBundle, openBundle } from "./bundle/read-bundle.js";
import { writeBundle } from "./bundle/write-bundle.js";
import { RuntimeFault } from "./diagnostic.js";

/** The bundle itself where it is a directory, else its unpacked copy. Rejects with a `RuntimeFault` where that cannot be written. */
export async function unpackedBundle(bundle: OpenBundle, signal?: AbortSignal): Promise<OpenBundle> {
  if (bundle.form === "directory") return bundle;
  const folder = join(ensureCacheFolder("unpacked"), `${bundle.digest}.psm`);
  const known = await openCopy(folder, bundle.digest);
  if (known !== undefined) return known;
  await rm(folder, { recursive: true, force: true });
  const { files, ...body } = bundle.manifest;
  await writeBundle(
    folder,
    async (draft) => {
      for (const { name } of files) await draft.file(name, slicesOfFile(bundle.file(name)));
      return body;
    },
    signal === undefined ? {} : { signal },
  );
  return openBundle(folder, signal === undefined ? {} : { signal });
}

/** The copy an earlier unpacking left; undefined where there is none, or it is damaged. */
async function openCopy(folder: string, digest: string): Promise<OpenBundle | undefined> {
  try {
    const copy = await openBundle(folder);
    return copy.digest === digest ? copy : undefined;
  } catch (error) {
    if (error instanceof RuntimeFault) return undefined;
    throw error;
  }
}

/** The bytes of a file of a bundle, a slice at a time. */
export async function* slicesOfFile(place: FilePlace): AsyncGenerator<Uint8Array> {
  const fd = openPlainFile(place.path);
  try {
    for (let done = 0; done < place.bytes; ) {
      const slice = new Uint8Array(Math.min(sliceBytes, place.bytes - done));
      const got = attempt("read", place.path, () => readSync(fd, slice, 0, slice.length, place.offset + done));
      if (got === 0) return; // shorter than it was: the digests will differ
      yield slice.subarray(0, got);
      done += got;
    }
  } finally {
    closeSync(fd);
  }
}
