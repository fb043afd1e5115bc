/** @file Every operator that is imported by a row of its own, from the tables of the families. */

import { closest } from "../../../ir/suggest.js";
import type { Row, Rows, ViewRow } from "../call.js";
import { activationGradients } from "./activation-gradients.js";
import { activations } from "./activations.js";
import { antialiasings } from "./antialiasing.js";
import { arithmetic } from "./arithmetic.js";
import { attentions } from "./attention.js";
import { attentionGradients } from "./attention-gradients.js";
import { bessels } from "./bessel.js";
import { comparisons } from "./comparison.js";
import { complexes, complexViews } from "./complex.js";
import { contractions } from "./contractions.js";
import { control } from "./control.js";
import { conversions, conversionViews } from "./conversion.js";
import { convolutions } from "./convolutions.js";
import { creations } from "./creation.js";
import { distances } from "./distance.js";
import { dropouts } from "./dropout.js";
import { embeddings } from "./embedding.js";
import { factorizations } from "./factorizations.js";
import { foreachRows } from "./foreach.js";
import { fouriers } from "./fourier.js";
import { fractionalPoolings } from "./fractional-pooling.js";
import { functions } from "./functions.js";
import { gradients } from "./gradients.js";
import { gridSamplings } from "./grids.js";
import { groupedProducts } from "./grouped.js";
import { indexings } from "./indexing.js";
import { interpolations } from "./interpolation.js";
import { joinings } from "./joining.js";
import { linearAlgebra } from "./linear-algebra.js";
import { linearCrossEntropies } from "./linear-cross-entropy.js";
import { lossGradients } from "./loss-gradients.js";
import { losses } from "./losses.js";
import { margins } from "./margins.js";
import { masks } from "./masks.js";
import { matrices } from "./matrices.js";
import { normalizations } from "./normalization.js";
import { normalizationGradients } from "./normalization-gradients.js";
import { numbers } from "./numbers.js";
import { patches } from "./patches.js";
import { poolings } from "./pooling.js";
import { poolingGradients } from "./pooling-gradients.js";
import { quantiles } from "./quantiles.js";
import { quantized } from "./quantized.js";
import { recurrents } from "./recurrent.js";
import { reductions } from "./reductions.js";
import { scans } from "./scans.js";
import { sortings } from "./sorting.js";
import { spectrograms } from "./spectrogram.js";
import { splitCopies, splitViews } from "./splits.js";
import { stridedViews, stridedWrites } from "./strided.js";
import { trapezoids } from "./trapezoids.js";
import { viewGradients } from "./view-gradients.js";
import { viewRows, viewWrites } from "./views.js";

const families: readonly Rows[] = [
  activations,
  arithmetic,
  attentions,
  comparisons,
  complexes,
  contractions,
  control,
  conversions,
  convolutions,
  creations,
  distances,
  dropouts,
  embeddings,
  fouriers,
  functions,
  groupedProducts,
  indexings,
  interpolations,
  joinings,
  losses,
  normalizations,
  numbers,
  poolings,
  quantized,
  recurrents,
  reductions,
  scans,
  trapezoids,
  viewWrites,
  sortings,
  bessels,
  spectrograms,
  antialiasings,
  linearAlgebra,
  masks,
  splitCopies,
  factorizations,
  activationGradients,
  viewGradients,
  poolingGradients,
  normalizationGradients,
  lossGradients,
  attentionGradients,
  linearCrossEntropies,
  fractionalPoolings,
  gradients,
  gridSamplings,
  margins,
  matrices,
  patches,
  quantiles,
  stridedWrites,
];
const single = merged(families);
const rows = merged([Object.fromEntries(single), foreachRows((target) => find(single, target))]);
const views = merged([conversionViews, complexViews, splitViews, stridedViews, viewRows]);

function merged<T>(tables: readonly Readonly<Record<string, T>>[]): ReadonlyMap<string, T> {
  const all = new Map<string, T>();
  for (const [target, row] of tables.flatMap((table) => Object.entries(table))) {
    if (all.has(target)) throw new Error(`${target} has two rows`);
    all.set(target, row);
  }
  return all;
}

function find<T>(table: ReadonlyMap<string, T>, target: string): T | undefined {
  return table.get(target) ?? table.get(target.slice(0, target.lastIndexOf(".")));
}

/** The row of an operator that makes tensors of its own. */
export function findRow(target: string): Row | undefined {
  return find(rows, target);
}

/** The row of an operator whose result shares memory with its argument. */
export function findViewRow(target: string): ViewRow | undefined {
  return find(views, target);
}

/** The supported operator with the most similar name. */
export function nearestTarget(target: string): string | undefined {
  return closest(target, [...rows.keys(), ...views.keys()]);
}
