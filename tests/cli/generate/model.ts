/**
 * @file A language model in a few lines: the next token is the sum of all tokens so far, modulo the vocabulary. It keeps them
 * in a cache, so that what it writes is right only where `prefill` and `decode` work on the same one.
 */

export const VOCABULARY = 12;
export const MAX_LENGTH = 16;

const cache = `tensor<1x${MAX_LENGTH}xi64> {psm.name = "cache", psm.state, tf.aliasing_output = 1 : i32}`;

function entry(name: string, tokens: string, count: string): string {
  return `func.func @${name}(%tokens: ${tokens} {psm.name = "tokens"}, %at: tensor<i64> {psm.name = "position"}, %cache: ${cache})
    -> (tensor<1x${VOCABULARY}xf32> {psm.name = "logits"}, tensor<1x${MAX_LENGTH}xi64>) {
  %zero = stablehlo.constant dense<0> : tensor<i64>
  %size = stablehlo.constant dense<${VOCABULARY}> : tensor<i64>
  %most = stablehlo.constant dense<${MAX_LENGTH}> : tensor<i64>
  ${count}
  %end = stablehlo.add %at, %count : tensor<i64>
  %fits = stablehlo.compare LE, %end, %most : (tensor<i64>, tensor<i64>) -> tensor<i1>
  stablehlo.custom_call @shape_assertion(%fits) {api_version = 2 : i32, error_message = "the tokens do not fit", has_side_effect = true} : (tensor<i1>) -> ()
  %new = stablehlo.dynamic_update_slice %cache, %tokens, %zero, %at : (tensor<1x${MAX_LENGTH}xi64>, ${tokens}, tensor<i64>, tensor<i64>) -> tensor<1x${MAX_LENGTH}xi64>
  %sum = stablehlo.reduce(%new init: %zero) applies stablehlo.add across dimensions = [0, 1] : (tensor<1x${MAX_LENGTH}xi64>, tensor<i64>) -> tensor<i64>
  %next = stablehlo.remainder %sum, %size : tensor<i64>
  %every = stablehlo.iota dim = 1 : tensor<1x${VOCABULARY}xi64>
  %wanted = stablehlo.broadcast_in_dim %next, dims = [] : (tensor<i64>) -> tensor<1x${VOCABULARY}xi64>
  %distance = stablehlo.subtract %every, %wanted : tensor<1x${VOCABULARY}xi64>
  %absolute = stablehlo.abs %distance : tensor<1x${VOCABULARY}xi64>
  %numbers = stablehlo.convert %absolute : (tensor<1x${VOCABULARY}xi64>) -> tensor<1x${VOCABULARY}xf32>
  %logits = stablehlo.negate %numbers : tensor<1x${VOCABULARY}xf32>
  return %logits, %new : tensor<1x${VOCABULARY}xf32>, tensor<1x${MAX_LENGTH}xi64>
}
`;
}

/** The program as text. */
export const languageModel =
  entry(
    "prefill",
    "tensor<1x?xi64>",
    `%many = stablehlo.get_dimension_size %tokens, dim = 1 : (tensor<1x?xi64>) -> tensor<i32>
  %count = stablehlo.convert %many : (tensor<i32>) -> tensor<i64>`,
  ) + entry("decode", "tensor<1x1xi64>", "%count = stablehlo.constant dense<1> : tensor<i64>");

/** What it writes behind a prompt. */
export function continuation(prompt: readonly number[], count: number): readonly number[] {
  const all = [...prompt];
  for (let k = 0; k < count; k++) all.push(all.reduce((a, b) => a + b, 0) % VOCABULARY);
  return all.slice(prompt.length);
}

/** A tokenizer with a letter for each token, from `a` on. */
export const letters = {
  version: "1.0",
  added_tokens: [],
  normalizer: null,
  pre_tokenizer: null,
  post_processor: null,
  decoder: { type: "Fuse" },
  model: {
    type: "BPE",
    vocab: Object.fromEntries([..."abcdefghijklm"].map((letter, k) => [letter, k])),
    merges: [],
  },
};

export const textOf = (tokens: readonly number[]): string => tokens.map((k) => "abcdefghijkl"[k]).join("");
