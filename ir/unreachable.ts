/** @file Marks branches that the type system proves dead. */

export function unreachable(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
}
