/**
 * @file Resources: bytes that attributes refer to by name (`dense_resource<name>`). Weights stay where they
 * are (a view of the model file, a range of an external file) and are read only when something needs them.
 */

import type { ElementType } from "./element.js";

/** Elements dense and row-major, little-endian, sub-byte types one per byte. */
export interface Resource {
  readonly name: string;
  readonly element: ElementType;
  readonly shape: readonly number[];
  readonly byteLength: number;
  /** Reads `length` bytes at `offset`; both within `byteLength`. */
  read(offset: number, length: number): Uint8Array;
}

/** A resource over bytes in memory. */
export function bytesResource(
  name: string,
  element: ElementType,
  shape: readonly number[],
  bytes: Uint8Array,
): Resource {
  return {
    name,
    element,
    shape,
    byteLength: bytes.byteLength,
    read: (offset, length) => bytes.subarray(offset, offset + length),
  };
}

/** The resources of one compilation, by name. */
export class ResourceTable {
  readonly #byName = new Map<string, Resource>();

  add(resource: Resource): Resource {
    if (this.#byName.has(resource.name)) throw new Error(`resource '${resource.name}' exists already`);
    this.#byName.set(resource.name, resource);
    return resource;
  }

  get(name: string): Resource | undefined {
    return this.#byName.get(name);
  }

  /** `base`, or `base_1`, `base_2`, … where that is taken. */
  freshName(base: string): string {
    if (!this.#byName.has(base)) return base;
    for (let i = 1; ; i++) if (!this.#byName.has(`${base}_${i}`)) return `${base}_${i}`;
  }

  all(): Iterable<Resource> {
    return this.#byName.values();
  }
}
