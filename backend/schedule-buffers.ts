/**
 * @file The buffers of a schedule: the storage that host values are in, each with the steps it is used in.
 * Invariant: a value that is looked up has been placed before; a buffer's life covers every step that uses it.
 */

import type { Context } from "../ir/context.js";
import { elementFacts } from "../ir/element.js";
import type { Value } from "../ir/graph.js";
import { brokenInvariant } from "../ir/invariant.js";
import { unknownLocation } from "../ir/location.js";
import type { MemRefType } from "../ir/types.js";
import type { BufferKind, PlannedBuffer } from "../runtime-lib/bundle/generated/manifest.js";
import type { HostSizes } from "./schedule-sizes.js";

/** A buffer as it is found, with the steps it is used in. */
interface OpenBuffer {
  readonly kind: BufferKind;
  readonly index: number;
  readonly size: string;
  readonly offset: string;
  readonly alignment: number;
  begin: number;
  end: number;
}

export class ScheduleBuffers {
  readonly #context: Context;
  readonly #sizes: HostSizes;
  readonly #buffers: OpenBuffer[] = [];
  readonly #ids = new Map<Value, number>();
  /** The number of steps so far. */
  step = 0;

  constructor(context: Context, sizes: HostSizes) {
    this.#context = context;
    this.#sizes = sizes;
  }

  planned(): readonly PlannedBuffer[] {
    return this.#buffers.map((b) => ({ ...b, end: Math.min(Math.max(b.end, b.begin + 1), this.step) }));
  }

  add(value: Value, kind: BufferKind, index = 0, offset = "0"): number {
    const type = value.type as MemRefType;
    const { dims } = this.#context;
    const { storageBytes } = elementFacts[type.element];
    const id = this.#buffers.length;
    this.#ids.set(value, id);
    this.#buffers.push({
      kind,
      index,
      size: this.#sizes.dim(dims.mul(dims.product(type.shape), storageBytes)),
      offset,
      alignment: kind === "input" || kind === "output" ? storageBytes : 64,
      begin: this.step,
      end: this.step,
    });
    return id;
  }

  /** The buffer of a value, which the step being made uses. */
  use(value: Value): number {
    const id = this.#ids.get(value);
    if (id === undefined) {
      const at = value.definingOp?.at ?? unknownLocation;
      throw brokenInvariant("a buffer of the schedule has not been placed", at);
    }
    const buffer = this.#buffers[id]!;
    buffer.end = Math.max(buffer.end, this.step);
    return id;
  }

  /** Makes `target` another name of `source`. */
  alias(target: Value, source: Value): void {
    this.#ids.set(target, this.use(source));
  }

  sizeOf(id: number): string {
    return this.#buffers[id]!.size;
  }

  /** A heap buffer of the size of another. */
  spare(of: number): number {
    this.#buffers.push({ ...this.#buffers[of]!, begin: this.step, end: this.step + 2 });
    return this.#buffers.length - 1;
  }

  /** Keeps what a loop begun at step `start` found alive to its end: the next turn needs it. */
  keepFor(start: number): void {
    for (const b of this.#buffers) if (b.begin <= start && b.end > start) b.end = this.step;
  }
}
