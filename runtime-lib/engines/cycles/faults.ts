/**
 * @file What an emulated program can do wrong. Every fault names the program, the tile and the bundle.
 *
 *     PS5261 the machine's description is malformed       PS5265 a value is used before it is complete, or a race
 *     PS5262 a program does not fit the machine           PS5266 a wait that nothing will end
 *     PS5263 an address out of bounds                     PS5267 the limit of bundles or steps is reached
 *     PS5264 SRAM or a register read before it is written PS5268 a field holds what the hardware does not take
 *     PS5269 a schedule has steps the control processor does not run
 */

import { type FaultCode, type RuntimeFault, runtimeFault } from "../../diagnostic.js";

/** Where in a program something happens. */
export interface ProgramPlace {
  readonly program: string;
  readonly row: number;
  readonly column: number;
  readonly bundle: number;
}

export function programFault(code: FaultCode, place: ProgramPlace, message: string, exitCode: 4 | 5 = 5): RuntimeFault {
  const { program, row, column, bundle } = place;
  return runtimeFault(code, `${program}, tile (${row}, ${column}), bundle ${bundle}: ${message}`, { exitCode });
}
