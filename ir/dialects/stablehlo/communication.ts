/** @file Exchange with the host and between pairs of processes. Written and checked; what they exchange is not interpreted. */

import { defineOp } from "../../define.js";
import { anyAttr, bool, defaultAttr, optionalAttr, string, variadic } from "../../kinds.js";
import type { Type } from "../../types.js";
import { channelHandle, pairs } from "./attributes.js";
import { hloTensor, tensorOrToken, token } from "./constraints.js";

/** The last result orders what follows. */
function endsWithToken(results: readonly { readonly type: Type }[]): string | undefined {
  const last = results.at(-1);
  return last && token.accepts(last.type) ? undefined : "the last result must be a token";
}

const transfer = {
  channel_handle: channelHandle,
  is_host_transfer: defaultAttr(bool, false),
  source_target_pairs: optionalAttr(pairs),
} as const;

export const send = defineOp("stablehlo.send", {
  summary: "Sends tensors through a channel.",
  operands: { inputs: variadic(hloTensor), token },
  attrs: transfer,
  results: { result: token },
  traits: [],
  infer: ({ token: type }) => ({ result: type }),
});

export const recv = defineOp("stablehlo.recv", {
  summary: "Receives tensors from a channel.",
  operands: { token },
  attrs: transfer,
  results: { results: variadic(tensorOrToken) },
  traits: [],
  verify: (op) => endsWithToken(op.results),
});

export const infeed = defineOp("stablehlo.infeed", {
  summary: "Takes tensors that the host hands in.",
  operands: { token },
  attrs: { infeed_config: defaultAttr(string, ""), layout: optionalAttr(anyAttr) },
  results: { results: variadic(tensorOrToken) },
  traits: [],
  verify: (op) => endsWithToken(op.results),
});

export const outfeed = defineOp("stablehlo.outfeed", {
  summary: "Hands tensors out to the host.",
  operands: { inputs: variadic(hloTensor), token },
  attrs: { outfeed_config: defaultAttr(string, "") },
  results: { result: token },
  traits: [],
  infer: ({ token: type }) => ({ result: type }),
});
