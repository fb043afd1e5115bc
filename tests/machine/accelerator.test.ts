/** @file Descriptions of accelerators: what the presets say, and what a wrong description is told. */

import { describe, expect, it } from "vitest";
import {
  type AcceleratorDescription,
  matrixFormatOf,
  readAccelerator,
  vectorBytes,
} from "../../machine/accelerator.js";
import { drainCycles, initCycles, loadCycles, streamCycles } from "../../machine/matrix-timing.js";
import { slots } from "../../machine/opcodes.js";
import { acceleratorNamed, presetNames } from "../../machine/presets.js";

function preset(name: string): AcceleratorDescription {
  const found = acceleratorNamed(name);
  if (found === undefined) throw new Error(`there is no preset ${name}`);
  return found;
}

const KiB = 1024;
const MiB = 1024 * KiB;

describe("the preset p1-64", () => {
  const p1 = preset("p1-64");

  it("has the peak rates of its table: 131 TFLOP/s in bf16, 262 TOP/s in int8, 64 MiB of SRAM", () => {
    const tiles = p1.grid.rows * p1.grid.columns;
    const macsPerCycle = (input: string): number => {
      const { rows, columns, cyclesPerRow } = matrixFormatOf(p1, input)!;
      return (rows * columns) / cyclesPerRow;
    };
    expect([macsPerCycle("bf16"), macsPerCycle("i8"), macsPerCycle("f32")]).toEqual([1024, 2048, 256]);
    const perSecond = (input: string): number => 2 * tiles * macsPerCycle(input) * p1.clockMegahertz * 1e6;
    expect(Math.round(perSecond("bf16") / 1e12)).toBe(131);
    expect(Math.round(perSecond("i8") / 1e12)).toBe(262);
    expect(tiles * p1.sram.bytes).toBe(64 * MiB);
  });

  it("has the tile of its table", () => {
    expect(p1.sram).toEqual({
      bytes: MiB,
      banks: 16,
      bankBytes: 64,
      ports: [
        { name: "LD0", bytes: 128 },
        { name: "LD1", bytes: 128 },
        { name: "ST", bytes: 128 },
        { name: "MXU-A", bytes: 64 },
        { name: "NOC", bytes: 64 },
      ],
      conflictCycles: 1,
    });
    expect(p1.matrix).toMatchObject({
      dataflow: "weight-stationary",
      weightBytesPerCycle: 64,
      accumulatorBanks: 4,
      accumulatorRows: 128,
      latency: 64,
    });
    expect(p1.vector).toMatchObject({ lanes: 32, laneBits: 32, valuSlots: 2, transcendentalLanesPerCycle: 16 });
    expect(vectorBytes(p1)).toBe(128);
    expect(p1.registers).toEqual({
      scalar: 32,
      scalarBits: 64,
      address: 16,
      addressDimensions: 3,
      vector: 64,
      rotatingVectors: 32,
      mask: 16,
      matrixConfiguration: 8,
      descriptor: 16,
      loops: 4,
    });
  });

  it("issues 8 slots in 256 bits, 2048 bundles being 64 KiB", () => {
    expect(slots).toHaveLength(8);
    expect(p1.instructions).toEqual({ bundleBits: 256, bundles: 2048 });
    expect((p1.instructions.bundles * p1.instructions.bundleBits) / 8).toBe(64 * KiB);
  });

  it("has the latencies of its table", () => {
    expect(p1.latencies).toEqual({
      scalar: 1,
      load: 6,
      storeToLoad: 4,
      vector: 4,
      convert: 2,
      transcendental: 10,
      transcendentalInterval: 2,
      crossLane: 8,
      accumulatorRead: 8,
      branchDelaySlots: 3,
      loopBackEdge: 0,
    });
  });

  it("has the DMA, network, memory, synchronisation and chips of its table", () => {
    expect(p1.dma).toMatchObject({
      inEngines: 2,
      outEngines: 2,
      queueDepth: 16,
      descriptorBytes: 128,
      startCycles: 24,
    });
    expect(p1.noc).toMatchObject({
      topology: "mesh",
      bytesPerCycle: 64,
      hopCycles: 2,
      interfaceCycles: 5,
      packetBytes: 256,
      virtualChannels: 8,
    });
    const { positions, ...hbm } = p1.hbm;
    expect(hbm).toEqual({
      channels: 8,
      bytesPerCycle: 64,
      bytes: 16 * KiB * MiB,
      interleaveBytes: KiB,
      banks: 16,
      rowBytes: KiB,
      activateCycles: 14,
      columnCycles: 14,
      prechargeCycles: 14,
      rowActiveCycles: 34,
    });
    expect(new Set(positions.map((p) => p.edge))).toEqual(new Set(["west", "east"]));
    expect((hbm.channels * hbm.bytesPerCycle * p1.clockMegahertz) / 1e3).toBe(512);
    expect(p1.sync).toEqual({ semaphores: 32, circularBuffers: 16 });
    expect(p1.chips).toEqual({
      maximum: 64,
      topology: "torus",
      shape: [4, 4, 4],
      links: 6,
      linkBytesPerCycle: 50,
      hopCycles: 500,
      hostBytesPerCycle: 32,
    });
  });

  it("loads 32 bf16 weights rows in 32 cycles, and streams fp32 a row in 4", () => {
    const bf16 = matrixFormatOf(p1, "bf16")!;
    expect(loadCycles(p1, bf16, 32, 32)).toBe(32);
    expect(streamCycles(bf16, 100)).toBe(100);
    expect(streamCycles(matrixFormatOf(p1, "f32")!, 100)).toBe(400);
    expect(initCycles(p1, 10, 32)).toBe(16);
    expect(drainCycles(p1, 10, 32, 4)).toBe(10 + 8 + 4);
  });
});

it("p1-tiny is 2x2 of the same tiles", () => {
  const [tiny, p1] = [preset("p1-tiny"), preset("p1-64")];
  expect(tiny.grid).toEqual({ rows: 2, columns: 2 });
  const { sram, matrix, vector, registers, instructions, latencies, dma } = p1;
  expect(tiny).toMatchObject({ sram, matrix, vector, registers, instructions, latencies, dma });
});

it("every preset is found by its own name", () => {
  expect(presetNames().map((name) => preset(name).name)).toEqual(presetNames());
  expect(acceleratorNamed("p1-none")).toBeUndefined();
});

describe("a wrong description", () => {
  const problemsOf = (change: object): readonly string[] => {
    const read = readAccelerator({ ...preset("p1-tiny"), ...change });
    return read.ok ? [] : read.problems.map((p) => `${p.path}: ${p.message}`);
  };

  it("is told everything at once", () => {
    const problems = problemsOf({ grid: { rows: 0, columns: 2.5 }, extra: 1 });
    expect(problems).toHaveLength(3);
    expect(problems.join("\n")).toMatch(/grid\.rows[\s\S]*grid\.columns[\s\S]*extra/);
  });

  it("may not have more registers than instructions can name", () => {
    const registers = { ...preset("p1-tiny").registers, scalar: 33 };
    expect(problemsOf({ registers })).toEqual(["registers: instructions name 32 registers of the file s, not 33"]);
  });

  it("puts memory channels beside tiles that are there", () => {
    const { hbm } = preset("p1-tiny");
    const positions = [{ row: 2, column: 0, edge: "west" }];
    expect(problemsOf({ hbm: { ...hbm, positions } })).toEqual([
      "hbm.positions: 1 positions for 2 channels",
      "hbm.positions.0: there is no tile (2, 0) in a grid of 2x2",
    ]);
  });

  it("is no object at all", () => {
    expect(readAccelerator(null).ok).toBe(false);
    expect(readAccelerator([]).ok).toBe(false);
  });
});
