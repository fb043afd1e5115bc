/** @file The work of `persimmons doctor`: what there is, what follows from it, and what to do where something is missing. */

import { access, constants, mkdir, readdir, stat, statfs } from "node:fs/promises";
import { availableParallelism, cpus, freemem, totalmem } from "node:os";
import { join } from "node:path";
import { CompileError, type Diagnostic } from "../ir/diagnostic.js";
import { bestCpu, cpus as cpuDescriptions } from "../machine/cpu.js";
import { presetNames } from "../machine/presets.js";
import { RuntimeFault } from "../runtime-lib/diagnostic.js";
import { cacheFolder } from "../runtime-lib/engines/cache.js";
import { findNativeToolchain, type NativeToolchain } from "../runtime-lib/engines/toolchain.js";
import { asDiagnostics } from "./faults.js";
import { formatBytes } from "./progress.js";
import { findPython, type PythonFound } from "./python.js";
import type { Outcome, Session } from "./session.js";
import { hostFeatures } from "./targets.js";
import { packageVersion } from "./version.js";

interface CacheState {
  readonly folder: string;
  readonly files: number;
  readonly bytes: number;
  readonly writable: boolean;
  /** Of the file system it is on; absent where the system does not say. */
  readonly freeBytes?: number;
}

export async function examine(session: Session): Promise<Outcome> {
  const problems: Diagnostic[] = [];
  const toolchain = await native(session, problems);
  const cache = await cacheState(session.env);
  const python = await findPython(session.env, session.signal);
  const features = hostFeatures();
  const cpu = bestCpu(features);
  const targetNames = ["host", ...cpuDescriptions.map(({ name }) => name), ...presetNames()];
  const engines = toolchain === undefined || cpu === undefined ? ["wasm"] : ["native", "wasm"];
  const machine = { model: cpus()[0]?.model.trim() ?? "unknown", threads: availableParallelism() };
  const node = { version: process.version, supported: Number(process.versions.node.split(".")[0]) >= 20 };
  return {
    diagnostics: problems.map((d) => ({ ...d, severity: "warning" as const })),
    data: {
      version: packageVersion(),
      node,
      platform: `${process.platform} ${process.arch}`,
      targets: targetNames,
      cpu: { ...machine, target: cpu?.name, features: [...features.flags].sort() },
      memory: { total: totalmem(), free: freemem() },
      engines,
      toolchain,
      cache,
      python,
    },
    lines: [
      `persimmons ${packageVersion()}`,
      `Node       ${node.version}${node.supported ? "" : ": 20 or newer is needed"}`,
      `CPU        ${machine.model}, ${machine.threads} threads; --target host is ${cpu?.name ?? "not possible"}`,
      `targets    ${targetNames.join(", ")}`,
      `memory     ${formatBytes(totalmem())}, ${formatBytes(freemem())} free`,
      `engines    ${engines.join(", ")}`,
      `native     ${toolchain === undefined ? "no LLVM found" : `${toolchain.version} (${toolchain.command.join(" ")})`}`,
      `cache      ${cacheText(cache)}`,
      `Python     ${pythonText(python)}`,
    ],
  };
}

async function native(session: Session, problems: Diagnostic[]): Promise<NativeToolchain | undefined> {
  try {
    return await findNativeToolchain(session.env);
  } catch (error) {
    if (error instanceof RuntimeFault) problems.push(...asDiagnostics(error.diagnostics));
    else if (error instanceof CompileError) problems.push(...error.diagnostics);
    else throw error;
    return undefined;
  }
}

async function cacheState(env: NodeJS.ProcessEnv): Promise<CacheState> {
  const folder = cacheFolder(env);
  const { files, bytes } = await folderSize(folder);
  const writable = await mkdir(folder, { recursive: true, mode: 0o700 })
    .then(() => access(folder, constants.W_OK))
    .then(
      () => true,
      () => false,
    );
  const disk = await statfs(folder).catch(() => undefined);
  return { folder, files, bytes, writable, ...(disk && { freeBytes: disk.bavail * disk.bsize }) };
}

async function folderSize(folder: string): Promise<{ readonly files: number; readonly bytes: number }> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
  let [files, bytes] = [0, 0];
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const found = await stat(join(entry.parentPath ?? entry.path, entry.name)).catch(() => undefined);
    files++;
    bytes += found?.size ?? 0;
  }
  return { files, bytes };
}

function cacheText({ folder, files, bytes, writable, freeBytes }: CacheState): string {
  const free = freeBytes === undefined ? "" : `; ${formatBytes(freeBytes)} free on the disk`;
  return `${folder}: ${files} files, ${formatBytes(bytes)}${writable ? "" : ", NOT WRITABLE"}${free}`;
}

function pythonText(python: PythonFound | undefined): string {
  if (python === undefined) return "none found (PERSIMMONS_PYTHON names one)";
  const packages = Object.entries(python.packages).map(([name, version]) => `${name} ${version}`);
  return `${python.version} (${python.command})${packages.length === 0 ? "" : `: ${packages.join(", ")}`}`;
}
