/**
 * @file Random programs of every operation of StableHLO and CHLO that has a meaning on one device: a seed gives a text
 * and inputs. Interpreters, passes and engines are compared on them.
 */

import type { ElementType } from "../../ir/element.js";
import { elementFacts, partOf } from "../../ir/element.js";
import type { NdArray } from "../../ir/ndarray.js";
import { Draft } from "./draft-program.js";
import { Random } from "./random.js";
import { contractionRecipes } from "./random-stablehlo/contractions.js";
import { elementwiseRecipes } from "./random-stablehlo/elementwise.js";
import { movementRecipes } from "./random-stablehlo/movement.js";
import type { Recipe, Recipes } from "./random-stablehlo/recipe.js";
import { regionRecipes } from "./random-stablehlo/regions.js";

export interface RandomProgram {
  readonly op: string;
  readonly seed: number;
  /** A module whose function `@main` takes the inputs. */
  readonly text: string;
  readonly inputs: readonly NdArray[];
  /** Multiplies `errorOf` of a result's element; 0 asks for the same bits. */
  readonly loose: number;
  readonly referee: "xla" | "refined" | "interpreter" | "none";
}

const recipes: Recipes = { ...elementwiseRecipes, ...movementRecipes, ...contractionRecipes, ...regionRecipes };

/** The operations there are programs of. */
export const randomOps: readonly string[] = Object.keys(recipes);

/** The program of that seed: always the same one. */
export function randomProgram(op: string, seed: number): RandomProgram {
  const recipe: Recipe | undefined = recipes[op];
  if (!recipe) throw new Error(`there are no random programs of ${op}`);
  const draft = new Draft();
  const results = recipe.make(new Random(seed * 7919 + hash(op)), draft);
  return {
    op,
    seed,
    text: draft.finish(results),
    inputs: draft.inputs,
    loose: recipe.loose ?? 1,
    referee: recipe.referee ?? "xla",
  };
}

function hash(text: string): number {
  let value = 0;
  for (const c of text) value = (Math.imul(value, 31) + c.codePointAt(0)!) | 0;
  return value;
}

/** The relative error that one operation may make in an element: a few units in its last place; 0 for integers. */
export function errorOf(element: ElementType): number {
  const part = partOf(element);
  const errors: Partial<Record<ElementType, number>> = { f64: 1e-13, f32: 2e-6, f16: 2e-3, bf16: 1.6e-2 };
  if (elementFacts[part].kind !== "float") return 0;
  return errors[part] ?? 0.3;
}
