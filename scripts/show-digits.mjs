/**
 * @file The demo's last page: each image of a digit beside what the network says and what it is, and the accuracy.
 * Fails below 18 of 20, so that a demo that computes nonsense is not taken for one that works.
 *
 * Usage: node scripts/show-digits.mjs IMAGES.npy FACTS.json PROBABILITIES.npy [RUN.json]
 */

import { readFileSync } from "node:fs";

const REQUIRED = 0.9;
const SHADES = " .:-=+*#%@";
const PER_ROW = 5;

/** A float32 array in NumPy's own file format, version 1 to 3, little-endian and row-major. */
function readNpy(file) {
  const bytes = readFileSync(file);
  if (bytes.toString("latin1", 0, 6) !== "\x93NUMPY") throw new Error(`${file} is no .npy file`);
  const wide = bytes[6] > 1;
  const start = (wide ? 12 : 10) + (wide ? bytes.readUInt32LE(8) : bytes.readUInt16LE(8));
  const header = bytes.toString("latin1", wide ? 12 : 10, start);
  if (!/'descr': *'<f4'/.test(header) || /'fortran_order': *True/.test(header)) {
    throw new Error(`${file} holds no row-major float32: ${header.trim()}`);
  }
  const shape = /'shape': *\(([^)]*)\)/
    .exec(header)[1]
    .split(",")
    .filter((d) => d.trim() !== "")
    .map(Number);
  const count = shape.reduce((product, d) => product * d, 1);
  const data = Array.from({ length: count }, (_, i) => bytes.readFloatLE(start + 4 * i));
  return { shape, data };
}

function picture(images, index) {
  const row = (y) =>
    Array.from({ length: 8 }, (_, x) => {
      const shade = SHADES[Math.round(images.data[index * 64 + y * 8 + x] * (SHADES.length - 1))];
      return shade + shade;
    }).join("");
  return Array.from({ length: 8 }, (_, y) => row(y));
}

function verdict(probabilities, label, index) {
  const row = probabilities.data.slice(index * 10, index * 10 + 10);
  const predicted = row.indexOf(Math.max(...row));
  const mark = predicted === label ? "ok" : "WRONG";
  return { right: predicted === label, text: `${predicted} (${row[predicted].toFixed(2)}), is ${label} ${mark}` };
}

function main([imagesFile, factsFile, probabilitiesFile, runFile]) {
  const images = readNpy(imagesFile);
  const { labels } = JSON.parse(readFileSync(factsFile, "utf8"));
  const probabilities = readNpy(probabilitiesFile);
  if (probabilities.shape.join() !== `${labels.length},10`) {
    throw new Error(`probabilities of shape [${probabilities.shape}], expected [${labels.length}, 10]`);
  }
  const verdicts = labels.map((label, i) => verdict(probabilities, label, i));
  for (let first = 0; first < labels.length; first += PER_ROW) {
    const indices = labels.map((_, i) => i).slice(first, first + PER_ROW);
    const pictures = indices.map((i) => picture(images, i));
    for (let y = 0; y < 8; y++) console.log(pictures.map((p) => p[y].padEnd(20)).join(""));
    console.log(`${indices.map((i) => verdicts[i].text.padEnd(20)).join("")}\n`);
  }
  const right = verdicts.filter((v) => v.right).length;
  if (runFile !== undefined) showRun(JSON.parse(readFileSync(runFile, "utf8")));
  console.log(`${right} of ${labels.length} digits read correctly`);
  return right >= REQUIRED * labels.length ? 0 : 1;
}

/** The engine and what each kernel ran as, from `run --json`. */
function showRun(run) {
  console.log(`engine: ${run.engine}`);
  for (const kernel of run.kernels ?? []) console.log(`  ${kernel.name}: ${kernel.ranAs}`);
}

process.exitCode = main(process.argv.slice(2));
