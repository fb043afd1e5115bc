/** @file The demo's last page counts what the network got right, and fails for outputs that are not what they should be. */

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const images = path.join(root, "models/digits-samples.npy");
const factsFile = path.join(root, "models/digits-samples.json");
const labels: number[] = JSON.parse(readFileSync(factsFile, "utf8")).labels;

function npy(descr: string, shape: readonly number[], data: Float32Array): Buffer {
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${shape.join(", ")}), }`;
  const header = text.padEnd(Math.ceil((text.length + 11) / 64) * 64 - 11) + "\n";
  const head = Buffer.from(`\x93NUMPY\x01\x00\0\0${header}`, "latin1");
  head.writeUInt16LE(header.length, 8);
  return Buffer.concat([head, new Uint8Array(data.buffer)]);
}

/** Shows probabilities of 0.91 for `predictions`, one per sample. */
function show(predictions: readonly number[], descr = "<f4"): { status: number | null; output: string } {
  const data = new Float32Array(predictions.length * 10).fill(0.01);
  for (const [i, p] of predictions.entries()) data[i * 10 + p] = 0.91;
  const folder = mkdtempSync(path.join(tmpdir(), "persimmons-digits-"));
  try {
    const file = path.join(folder, "probabilities.npy");
    writeFileSync(file, npy(descr, [predictions.length, 10], data));
    const script = path.join(root, "scripts/show-digits.mjs");
    const { status, stdout, stderr } = spawnSync(process.execPath, [script, images, factsFile, file], {
      encoding: "utf8",
    });
    return { status, output: stdout + stderr };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

it("counts correct digits and shows each beside its label", () => {
  const { status, output } = show(labels);
  expect(status).toBe(0);
  expect(output).toContain(`${labels[0]} (0.91), is ${labels[0]} ok`);
  expect(output).toContain("20 of 20 digits read correctly");
});
it("marks a wrong digit, and fails where too many are wrong", () => {
  const oneWrong = labels.map((label, i) => (i === 3 ? (label + 1) % 10 : label));
  expect(show(oneWrong)).toMatchObject({ status: 0, output: expect.stringContaining("19 of 20") });
  expect(show(oneWrong).output).toContain("WRONG");
  expect(show(labels.map((label) => (label + 1) % 10)).status).toBe(1);
});
it("refuses outputs of another size or type", () => {
  expect(show(labels.slice(1))).toMatchObject({ status: 1, output: expect.stringContaining("shape [19,10]") });
  expect(show(labels, "<f8")).toMatchObject({ status: 1, output: expect.stringContaining("float32") });
});
