/** @file Buffers to place, for tests of the planner: random ones, and shapes that real programs have. */

import type { Buffer } from "../../../lowering/plan/pack.js";
import type { Random } from "../../support/random.js";

/** Any sizes, lives, alignments, spaces and alias groups. */
export function randomBuffers(r: Random, count = r.int(0, 40)): readonly Buffer[] {
  return Array.from({ length: count }, (_, i) => {
    const begin = r.int(0, 30);
    const made = {
      id: `b${i}`,
      size: r.chance(0.05) ? 0 : r.int(1, r.pick([16, 500, 10_000])),
      begin,
      end: begin + r.int(1, r.pick([2, 8, 30])),
      alignment: 2 ** r.int(0, 7),
      space: r.pick(["sram", "hbm"]),
    };
    return r.chance(0.15) ? { ...made, aliasGroup: `g${r.int(0, 3)} of ${made.space}` } : made;
  });
}

/** What a chain of layers keeps: each result until the next layer, some until a later one reads them again. */
export function layerBuffers(r: Random, layers: number): readonly Buffer[] {
  return Array.from({ length: layers }, (_, i) => {
    const isSkipped = r.chance(0.25);
    return {
      id: `layer${i}`,
      size: 64 * r.int(1, 2000),
      begin: i,
      end: i + (isSkipped ? r.int(3, 12) : 2),
      alignment: 64,
      space: "arena",
    };
  });
}

/** Rectangles that tile a memory of `height` bytes over `steps` exactly: the bound can be met. */
export function perfectBuffers(r: Random, height: number, steps: number): readonly Buffer[] {
  const pieces: Buffer[] = [];
  const cut = (begin: number, end: number, size: number): void => {
    const canCut = { time: end - begin > 1, size: size >= 128 };
    if (pieces.length > 200 || (!canCut.time && !canCut.size) || r.chance(0.12)) {
      pieces.push({ id: `piece${pieces.length}`, size, begin, end, alignment: 64, space: "arena" });
    } else if (canCut.time && (!canCut.size || r.chance(0.5))) {
      const at = r.int(begin + 1, end - 1);
      cut(begin, at, size);
      cut(at, end, size);
    } else {
      const part = 64 * r.int(1, size / 64 - 1);
      cut(begin, end, part);
      cut(begin, end, size - part);
    }
  };
  cut(0, steps, height);
  return pieces;
}
