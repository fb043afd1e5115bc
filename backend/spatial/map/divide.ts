/**
 * @file Divides the rows and columns of a result among the tiles of the grid: every tile takes one rectangle and walks it
 * block by block. Blocks are cut where the rectangle ends, so that every element is computed exactly once.
 */

import type { AcceleratorDescription } from "../../../machine/accelerator.js";

/** One dimension: what a tile takes of it, and in what steps. */
export interface Share {
  /** Size of the dimension. */
  readonly size: number;
  /** What one tile takes; a multiple of `block` where it is more than one block. */
  readonly chunk: number;
  readonly block: number;
  /** Blocks a tile walks. */
  readonly blocks: number;
  /** Every block of every tile is a whole one. */
  readonly isExact: boolean;
}

export interface Division {
  readonly rows: Share;
  readonly columns: Share;
  /** Columns of the grid. */
  readonly gridColumns: number;
  /**
   * How the tile at (r, c) finds its share: number r of the rows and c of the columns, or number r * gridColumns + c of the
   * only dimension that has more than one element.
   */
  readonly along: "both" | "rows" | "columns";
}

/**
 * Rows over the grid's rows and columns over its columns, in blocks of at most the given sizes; a single row or column
 * over all tiles.
 */
export function divide(
  { grid }: AcceleratorDescription,
  rows: { readonly size: number; readonly block: number },
  columns: { readonly size: number; readonly block: number },
): Division {
  const along = rows.size === 1 ? "columns" : columns.size === 1 ? "rows" : "both";
  const tiles = grid.rows * grid.columns;
  const [rowTiles, columnTiles] = { both: [grid.rows, grid.columns], rows: [tiles, 1], columns: [1, tiles] }[along];
  return {
    rows: share(rows.size, rowTiles!, rows.block),
    columns: share(columns.size, columnTiles!, columns.block),
    gridColumns: grid.columns,
    along,
  };
}

function share(size: number, tiles: number, greatestBlock: number): Share {
  const fair = Math.max(1, Math.ceil(size / tiles));
  const block = Math.min(fair, greatestBlock);
  const blocks = Math.ceil(fair / block);
  const chunk = blocks * block;
  return { size, chunk, block, blocks, isExact: chunk * tiles === size };
}
