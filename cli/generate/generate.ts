/** @file The work of `persimmons generate`: a bundle reads a prompt and writes on, text comes out as it is made. */

import { randomInt } from "node:crypto";
import { type Diagnostic, diagnostic } from "../../ir/diagnostic.js";
import type { OpenBundle } from "../../runtime-lib/bundle/read-bundle.js";
import { loadModel, type RunnableModel } from "../../runtime-lib/load-model.js";
import type { GenerateOptions } from "../commands/generate.js";
import { asDiagnostics, usageError } from "../faults.js";
import { formatMilliseconds } from "../progress.js";
import { loadChoice } from "../run-bundle.js";
import type { Outcome, Session } from "../session.js";
import { LanguageModel, modelFacts } from "./language-model.js";
import { generateCode } from "./problems.js";
import { promptTokens } from "./prompt.js";
import { type Sampler, samplerOf } from "./sampler.js";
import { TextStream } from "./text-stream.js";
import { readTokenizer, type Tokenizer, tokenizerOf } from "./tokenizer.js";

const TOKENIZER = "tokenizer.json";

/** Why no more tokens came: as many as wanted, a token that ends texts, a stop text, a full cache. */
type Finish = "length" | "end" | "stop" | "full";

interface Written {
  readonly tokens: readonly number[];
  /** Undefined without a tokenizer. */
  readonly text: string | undefined;
  readonly finish: Finish;
  /** From the prompt's first token going in to the first new one being known. */
  readonly firstMilliseconds: number;
  /** For all tokens behind the first. */
  readonly restMilliseconds: number;
}

/** Rejects with everything wrong with the bundle as a language model, the prompt or the tokenizer (exit 2), or the engine's faults. */
export async function generate(session: Session, path: string, options: GenerateOptions): Promise<Outcome> {
  const loaded = await loadModel(path, loadChoice(options, session.signal), session.env);
  try {
    const facts = modelFacts(loaded.bundle);
    const tokenizer = findTokenizer(loaded.bundle, options.tokenizer);
    if (options.stop.length > 0 && tokenizer === undefined)
      throw usageError("--stop is for text, and there is no tokenizer", "give --tokenizer FILE");
    const prompt = promptTokens(options, facts, tokenizer);
    const sampling = samplingOf(options);
    const model = new LanguageModel(loaded.model, facts);
    const stream = tokenizer && new TextStream(tokenizer, prompt, options.stop);
    const show = options.json ? () => {} : (text: string) => void session.stdout.write(text);
    const end = new Set(options.ignoreEnd ? [] : facts.end);
    const written = await write(
      model,
      prompt,
      { options, sample: samplerOf(sampling), stream, show, end },
      session.signal,
    );
    return tell(
      { loaded, prompt, written, seed: sampling.temperature > 0 ? sampling.seed : undefined },
      session,
      options,
    );
  } finally {
    loaded.model.close();
  }
}

/** The one that is given, or else the bundle's own. */
function findTokenizer(bundle: OpenBundle, given: string | undefined): Tokenizer | undefined {
  if (given !== undefined) return readTokenizer(given);
  const isThere = bundle.manifest.files.some(({ name }) => name === TOKENIZER);
  return isThere ? tokenizerOf(bundle.read(TOKENIZER), `the bundle's ${TOKENIZER}`) : undefined;
}

/** Without any of these options the most likely token is taken. */
function samplingOf({ temperature, topK, topP, seed }: GenerateOptions) {
  const draws = topK !== undefined || topP !== undefined || seed !== undefined;
  return {
    temperature: temperature ?? (draws ? 1 : 0),
    seed: seed ?? randomInt(2 ** 32),
    ...(topK === undefined ? {} : { topK }),
    ...(topP === undefined ? {} : { topP }),
  };
}

interface Writing {
  readonly options: GenerateOptions;
  readonly sample: Sampler;
  readonly stream: TextStream | undefined;
  readonly show: (text: string) => void;
  readonly end: ReadonlySet<number>;
}

async function write(
  model: LanguageModel,
  prompt: readonly number[],
  { options, sample, stream, show, end }: Writing,
  signal: AbortSignal,
): Promise<Written> {
  const tokens: number[] = [];
  const start = performance.now();
  let first = start;
  let finish: Finish = "length";
  let next = prompt;
  while (tokens.length < options.maxTokens) {
    if (model.isFull) {
      finish = "full";
      break;
    }
    const token = sample(await model.read(next, signal));
    if (tokens.length === 0) first = performance.now();
    tokens.push(token);
    if (end.has(token)) {
      finish = "end";
      break;
    }
    show(stream === undefined ? `${tokens.length === 1 ? "" : " "}${token}` : stream.add(token));
    if (stream?.isStopped) {
      finish = "stop";
      break;
    }
    next = [token];
  }
  const restMilliseconds = performance.now() - first;
  show(stream?.end() ?? "");
  return { tokens, text: stream?.text, finish, firstMilliseconds: first - start, restMilliseconds };
}

interface Story {
  readonly loaded: RunnableModel;
  readonly prompt: readonly number[];
  readonly written: Written;
  readonly seed: number | undefined;
}

/** What was written has gone to standard output; what there is to know of it goes to standard error. */
function tell({ loaded, prompt, written, seed }: Story, session: Session, options: GenerateOptions): Outcome {
  const { tokens, text, finish, firstMilliseconds, restMilliseconds } = written;
  const { engine } = loaded.model;
  const rest = tokens.length - 1;
  const tokensPerSecond = rest > 0 ? (1000 * rest) / restMilliseconds : undefined;
  const speed =
    tokensPerSecond === undefined
      ? ""
      : `, ${tokensPerSecond.toFixed(1)} tokens/s after it (${rest} in ${formatMilliseconds(restMilliseconds)})`;
  const full: readonly Diagnostic[] =
    finish === "full"
      ? [diagnostic(generateCode.full, "the cache is full, and the text has not ended", { severity: "warning" })]
      : [];
  if (!options.json)
    session.stderr.write(
      `time to first token ${formatMilliseconds(firstMilliseconds)} (prompt of ${prompt.length})${speed}; ` +
        `${engine} engine (${loaded.target.name})${seed === undefined ? "" : `, seed ${seed}`}\n`,
    );
  return {
    diagnostics: [...asDiagnostics(loaded.remarks), ...full],
    data: {
      engine,
      target: loaded.target.name,
      prompt,
      tokens,
      ...(text === undefined ? {} : { text }),
      finish,
      ...(seed === undefined ? {} : { seed }),
      timeToFirstTokenMilliseconds: firstMilliseconds,
      ...(tokensPerSecond === undefined ? {} : { tokensPerSecond }),
    },
    lines: [""],
  };
}
