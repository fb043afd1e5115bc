/**
 * @file Finds a Python for referees and peers: PERSIMMONS_PYTHON, else python3 or python on the PATH, and which of the
 * packages it has. Python is never needed to compile or run a model.
 */

import { join } from "node:path";
import { execa } from "execa";
import { compileError } from "../ir/diagnostic.js";
import { cliCode } from "./faults.js";
import { packageFolder } from "./version.js";

export interface PythonFound {
  readonly command: string;
  readonly version: string;
  /** Versions of those of the packages below that are installed. */
  readonly packages: Readonly<Record<string, string>>;
}

const packages = ["numpy", "onnx", "onnxruntime", "openvino", "torch", "ml_dtypes"];

const probe = `
import importlib.metadata as m, json, platform
found = {}
for name in ${JSON.stringify(packages)}:
    try: found[name] = m.version(name)
    except m.PackageNotFoundError: pass
print(json.dumps({"version": platform.python_version(), "packages": found}))
`;

/** The first Python that starts. */
export async function findPython(env: NodeJS.ProcessEnv, signal?: AbortSignal): Promise<PythonFound | undefined> {
  const named = env["PERSIMMONS_PYTHON"];
  for (const command of named === undefined || named === "" ? ["python3", "python"] : [named]) {
    const cancel = signal === undefined ? {} : { cancelSignal: signal };
    const result = await execa(command, ["-c", probe], { env, extendEnv: false, reject: false, ...cancel });
    signal?.throwIfAborted();
    if (result.exitCode === 0) return { command, ...(JSON.parse(result.stdout) as Omit<PythonFound, "command">) };
  }
  return undefined;
}

/** A Python that has all of `needed`. Throws (exit 4) naming what is missing. */
export async function requirePython(
  needed: readonly string[],
  env: NodeJS.ProcessEnv,
  signal?: AbortSignal,
): Promise<PythonFound> {
  const python = await findPython(env, signal);
  const missing = needed.filter((name) => python?.packages[name] === undefined);
  if (python !== undefined && missing.length === 0) return python;
  const what = python === undefined ? "no Python was found" : `${python.command} lacks ${missing.join(", ")}`;
  throw compileError(cliCode.python, what, {
    exitCode: 4,
    fix: `install ${needed.join(", ")}, and name the interpreter in PERSIMMONS_PYTHON if it is not the one on the PATH`,
  });
}

/** A script that ships in the Python package. */
export function pythonScript(name: string): string {
  return join(packageFolder(), "python", "persimmons", name);
}
