/** @file How a front end's row gives up on a node, and how names of foreign files are written in messages. */

import type { DiagnosticCode } from "./diagnostic.js";

/** Thrown by a row; the node's outputs are then missing, and importing goes on. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly code: DiagnosticCode;
  readonly fix: string | undefined;

  constructor(code: DiagnosticCode, message: string, fix?: string) {
    super(message);
    this.code = code;
    this.fix = fix;
  }
}

/** `'name'`, shortened and with control characters escaped: names come from the file. */
export function quote(name: string): string {
  const text = JSON.stringify(name.length > 200 ? `${name.slice(0, 197)}...` : name);
  return `'${text.slice(1, -1).replaceAll('\\"', '"')}'`;
}
