/**
 * @file Every operator that is imported by a row of its own, from the tables of the families. A row holds from its
 * `since` on, until a later row of the same operator or its own `until`.
 */

import { closest } from "../../../ir/suggest.js";
import type { OpRow } from "../context.js";
import { activations } from "./activations.js";
import { attentions } from "./attention.js";
import { batchNorms } from "./batch-norm.js";
import { casts } from "./cast.js";
import { constants } from "./constants.js";
import { contractions } from "./contractions.js";
import { control } from "./control.js";
import { convolutions } from "./conv.js";
import { deformConvs } from "./deform-conv.js";
import { dropouts } from "./dropout.js";
import { elementwise } from "./elementwise.js";
import { grids } from "./grid-sample.js";
import { indexing } from "./indexing.js";
import { linearAlgebra } from "./linear-algebra.js";
import { losses } from "./loss.js";
import { machineLearning } from "./ml.js";
import { movement } from "./movement.js";
import { suppression } from "./nms.js";
import { normalization } from "./normalization.js";
import { pools } from "./pool.js";
import { quantization } from "./quant.js";
import { randoms } from "./random.js";
import { reductions } from "./reductions.js";
import { refusals } from "./refused.js";
import { resizes } from "./resize.js";
import { recurrents } from "./rnn.js";
import { roiAligns } from "./roi-align.js";
import { rotaries } from "./rotary.js";
import { sequences } from "./sequences.js";
import { signals } from "./signal.js";
import { slices } from "./slices.js";
import { strings } from "./strings.js";
import { tfIdfs } from "./tf-idf.js";
import { trainings } from "./training.js";
import { treeEnsembles } from "./tree-ensembles.js";
import { uniques } from "./unique.js";
import { unpools } from "./unpool.js";

const families: readonly (readonly OpRow[])[] = [
  activations,
  attentions,
  batchNorms,
  casts,
  constants,
  contractions,
  control,
  convolutions,
  deformConvs,
  dropouts,
  elementwise,
  grids,
  indexing,
  linearAlgebra,
  losses,
  machineLearning,
  movement,
  normalization,
  pools,
  quantization,
  randoms,
  recurrents,
  reductions,
  refusals,
  resizes,
  roiAligns,
  rotaries,
  sequences,
  signals,
  slices,
  strings,
  suppression,
  tfIdfs,
  trainings,
  treeEnsembles,
  uniques,
  unpools,
];

const rows = new Map<string, OpRow[]>();
for (const row of families.flat()) {
  const key = rowKey(row.domain ?? "", row.name);
  rows.set(
    key,
    [...(rows.get(key) ?? []), row].sort((a, b) => b.since - a.since),
  );
}

function rowKey(domain: string, name: string): string {
  return `${domain}::${name}`;
}

/** The row for an operator as of an opset of its domain. */
export function findRow(domain: string, name: string, opset: number): OpRow | undefined {
  const row = rows.get(rowKey(domain, name))?.find((r) => r.since <= opset);
  return row?.until !== undefined && opset > row.until ? undefined : row;
}

/** The supported operator of the domain with the most similar name. */
export function nearestOperator(domain: string, name: string): string | undefined {
  const all = families.flat().filter((row) => (row.domain ?? "") === domain);
  return closest(
    name,
    all.map((row) => row.name),
  );
}
