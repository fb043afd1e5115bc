/** @file Reads the `{-# dialect_resources: … #-}` section at the end of an MLIR file: named blobs as hexadecimal strings. */

import type { Context } from "../context.js";
import { bytesResource } from "../resource.js";
import type { Scanner } from "./scanner.js";

/** Blobs begin with their alignment, four bytes little-endian; the elements' type is known where they are used. */
const ALIGNMENT_BYTES = 4;

export function readResources(scanner: Scanner, context: Context): void {
  scanner.punct("{-#");
  while (!scanner.tryPunct("#-}")) {
    const section = scanner.identifier("a section");
    scanner.punct(":");
    scanner.list("{", "}", () => {
      scanner.identifier("a dialect");
      scanner.punct(":");
      scanner.list("{", "}", () => readResource(scanner, context, section));
    });
    scanner.tryPunct(",");
  }
}

function readResource(scanner: Scanner, context: Context, section: string): void {
  const name = scanner.tryString() ?? scanner.identifier("a resource name");
  scanner.punct(":");
  const text = scanner.string();
  if (section !== "dialect_resources") return;
  const digits = /^0x((?:[0-9a-fA-F]{2})*)$/.exec(text)?.[1];
  if (digits === undefined || digits.length < 2 * ALIGNMENT_BYTES)
    scanner.fail(`resource '${name}' is not a hexadecimal blob`);
  const bytes = new Uint8Array(Buffer.from(digits.slice(2 * ALIGNMENT_BYTES), "hex"));
  if (!context.resources.get(name)) context.resources.add(bytesResource(name, "ui8", [bytes.length], bytes));
}
