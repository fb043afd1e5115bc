/**
 * @file Times the reading and importing of torch.export archives: in a process that has done nothing before (without its own
 * start and the loading of our code), and at best of several times after that. What is built in dist/ is timed.
 *
 * Usage: node scripts/time-torch-import.mjs MODEL.pt2...     DIST=folder for another build
 */

import { execFileSync } from "node:child_process";
import { resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const WARM = 5;
const dist = resolve(process.env.DIST ?? fileURLToPath(new URL("../dist", import.meta.url)));
const load = (path) => import(pathToFileURL(resolve(dist, path)));

async function timeOnce(path) {
  const [{ readTorch }, { importTorch }, { newContext }] = await Promise.all(
    ["frontends/torch-fx/read.js", "frontends/torch-fx/import.js", "lowering/dialects.js"].map(load),
  );
  const context = newContext();
  const [start, cpu] = [performance.now(), process.cpuUsage()];
  const programs = await readTorch(path, context.diagnostics);
  const read = performance.now();
  importTorch(programs, context);
  const { user, system } = process.cpuUsage(cpu);
  const nodes = programs.reduce((sum, { program }) => sum + program.graph.nodes.length, 0);
  return { nodes, read: read - start, import: performance.now() - read, cpu: (user + system) / 1000 };
}

const show = (name, { read, import: imported, cpu }) =>
  `${name}: ${(read + imported).toFixed(0)} ms (read ${read.toFixed(0)}, import ${imported.toFixed(0)}; ${cpu.toFixed(0)} of CPU time)`;

const [flag, ...rest] = process.argv.slice(2);
if (flag === "--once") {
  process.stdout.write(JSON.stringify(await timeOnce(rest[0])));
} else {
  for (const path of [flag, ...rest].filter((x) => x !== undefined)) {
    const script = fileURLToPath(import.meta.url);
    const cold = Array.from({ length: WARM }, () =>
      JSON.parse(execFileSync(process.execPath, [script, "--once", path], { encoding: "utf8" })),
    );
    const runs = [];
    for (let k = 0; k <= WARM; k++) runs.push(await timeOnce(path));
    const best = (all) => all.reduce((a, b) => (a.read + a.import < b.read + b.import ? a : b));
    console.log(`${path}: ${cold[0].nodes} nodes`);
    console.log(`  ${show(`cold, best of ${WARM} processes`, best(cold))}`);
    console.log(`  ${show(`warm, best of ${WARM}`, best(runs.slice(1)))}`);
  }
}
