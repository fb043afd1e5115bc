/** @file Another runtime in a Python process of its own: the referee of `verify`, the peers of `bench`. */

import { createInterface } from "node:readline";
import { execa } from "execa";
import { compileError } from "../ir/diagnostic.js";
import { cliCode } from "./faults.js";
import { pythonScript } from "./python.js";

export const peerNames = ["ort", "openvino", "eager", "inductor"] as const;

export type PeerName = (typeof peerNames)[number];

/** The packages each peer needs. */
export const peerPackages: Readonly<Record<PeerName, readonly string[]>> = {
  ort: ["numpy", "onnx", "onnxruntime"],
  openvino: ["numpy", "openvino"],
  eager: ["numpy", "torch"],
  inductor: ["numpy", "torch"],
};

/** The model files each peer reads. */
export const peerFormats: Readonly<Record<PeerName, { readonly extension: string; readonly what: string }>> = {
  ort: { extension: ".onnx", what: "ONNX files" },
  openvino: { extension: ".onnx", what: "ONNX files" },
  eager: { extension: ".pt2", what: "programs that torch.export.save wrote" },
  inductor: { extension: ".pt2", what: "programs that torch.export.save wrote" },
};

export interface PeerModel {
  readonly peer: PeerName;
  readonly model: string;
  readonly threads: number;
  readonly inputs: readonly { readonly name: string; readonly file: string }[];
  /** Names for what comes back in order, where the peer has none of its own (PyTorch). */
  readonly outputs?: readonly string[];
  /** Every intermediate value is an output too. */
  readonly every?: boolean;
}

interface Answer {
  readonly error?: string;
  readonly milliseconds?: readonly number[];
  readonly outputs?: readonly { readonly name: string; readonly file: string }[];
}

/** A Python process with a model loaded. */
export class Peer {
  readonly name: PeerName;
  readonly #child: ReturnType<typeof startPython>;
  readonly #lines: AsyncIterator<string>;

  private constructor(name: PeerName, child: ReturnType<typeof startPython>) {
    this.name = name;
    this.#child = child;
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  }

  /** Starts `python` and loads a model. Rejects (exit 4) with what the other runtime says where it does not take the model. */
  static async load(python: string, model: PeerModel, env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<Peer> {
    const peer = new Peer(model.peer, startPython(python, env, signal));
    try {
      await peer.#ask({ do: "load", ...model });
      return peer;
    } catch (error) {
      await peer.close();
      throw error;
    }
  }

  /** Times of so many runs. */
  async run(count: number): Promise<readonly number[]> {
    return (await this.#ask({ do: "run", count })).milliseconds ?? [];
  }

  /** The outputs of the last run: files by name. */
  async outputs(out: string): Promise<ReadonlyMap<string, string>> {
    const { outputs = [] } = await this.#ask({ do: "outputs", out });
    return new Map(outputs.map(({ name, file }) => [name, file]));
  }

  async close(): Promise<void> {
    this.#child.stdin.end();
    await this.#child.catch(() => undefined);
  }

  async #ask(request: Readonly<Record<string, unknown>>): Promise<Answer> {
    this.#child.stdin.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await this.#lines.next();
    if (done) {
      const { stderr } = await this.#child;
      throw peerError(this.name, stderr.trim().split("\n").at(-1) || "the process ended");
    }
    const answer = JSON.parse(value) as Answer;
    if (answer.error !== undefined) throw peerError(this.name, answer.error);
    return answer;
  }
}

function startPython(python: string, env: NodeJS.ProcessEnv, signal: AbortSignal) {
  return execa(python, [pythonScript("_peers.py")], {
    env,
    extendEnv: false,
    cancelSignal: signal,
    reject: false,
    buffer: { stdout: false, stderr: true },
  });
}

function peerError(name: PeerName, message: string): Error {
  return compileError(cliCode.python, `${name}: ${message}`, { exitCode: 4 });
}
