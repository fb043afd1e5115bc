/** @file The emulated tile, instruction by instruction: what programs compute, and what they are told when they are wrong. */

import { describe, expect, it } from "vitest";
import { bringIn, faultOf, launch, machine } from "./emulator.js";

const nops = (count: number): string => "nop\n".repeat(count);

function numbers(...values: readonly number[]): Uint8Array<ArrayBuffer> {
  const data = new Float32Array(64);
  data.set(values);
  return new Uint8Array(data.buffer);
}

describe("a program", () => {
  it("brings numbers in, adds them lane by lane, and brings them out", () => {
    const buffer = numbers(1, 2, 3);
    const record = launch(
      `${bringIn}d.wait 0, 1\nl.unit v0, a0, 0\n${nops(5)}v.add v1, v0, v0\n${nops(3)}st.unit v1, a0, 0\n${nops(3)}d.issue d0, out0\nd.wait 0, 1\nc.halt`,
      buffer,
    );
    expect([...new Float32Array(buffer.buffer, 0, 4)]).toEqual([2, 4, 6, 0]);
    expect(record.counters).toMatchObject({ dmaInBytes: 128, dmaOutBytes: 128, macs: 0 });
    expect(record.counters.instructions).toEqual({ s: 2, d: 9, l: 1, v: 1, st: 1, c: 1 });
  });

  it("runs loops as often as their counts say, nested ones too, and not at all for 0", () => {
    const loop = `s.imm s1, 3\ns.imm s2, 0\nc.loop 0, s1, 3\nc.loop 1, s1, 1\ns.addi s2, s2, 1\nnop\nc.loop 0, s3, 1\ns.addi s2, s2, 100\nc.halt`;
    const { counters } = launch(`s.imm s3, 0\n${loop}`);
    // Three turns of three additions, none of the last loop's.
    expect(counters.instructions["s"]).toBe(3 + 9);
    expect(counters.bundles).toBe(3 + 1 + 3 * (1 + 3 + 1) + 1 + 1);
  });

  it("walks an address register in three dimensions", () => {
    const buffer = new Uint8Array(256);
    const fields = [
      ["count0", 2],
      ["stride0", 128],
      ["count1", 2],
      ["stride1", 512],
      ["stride2", 1024],
      ["base", 0],
    ] as const;
    const setUp = fields.map(([field, value]) => `s.imm s1, ${value}\ns.address a1, ${field}, s1`).join("\n");
    const stores = `${Array.from({ length: 6 }, () => `s.addi s2, s2, 1\nv.splat v0, s2\n${nops(3)}st.unit v0, a1, 1`).join("\n")}\n${nops(3)}`;
    const gather = [0, 128, 512, 640, 1024, 1152].map(
      (address, k) =>
        `s.imm s3, ${address}\nd.write d1, sram, s3\ns.addi s4, s0, ${4 * k}\nd.write d1, hbm, s4\nd.issue d1, out0\nd.wait 0, 1`,
    );
    launch(
      `s.imm s2, 0\n${setUp}\n${stores}s.imm s5, 4\nd.write d1, element, s5\n${gather.join("\n")}\nc.halt`,
      buffer,
    );
    expect([...new Int32Array(buffer.buffer, 0, 7)]).toEqual([1, 2, 3, 4, 5, 6, 0]);
  });

  it("pads what it brings in", () => {
    const buffer = numbers(1, 2);
    const program = `s.imm s2, 2\ns.imm s3, 4\n${bringIn
      .replace(
        "d.issue d0, in0",
        "d.write d0, size0, s2\nd.write d0, padded0, s3\ns.imm s4, 1077936128\nd.write d0, fill, s4\nd.issue d0, in0",
      )
      .trim()}\nd.wait 0, 1\nd.write d0, size0, s3\nd.issue d0, out0\nd.wait 0, 1\nc.halt`;
    const { counters } = launch(program, buffer);
    expect([...new Float32Array(buffer.buffer, 0, 5)]).toEqual([1, 2, 3, 3, 0]);
    expect(counters.dmaInBytes).toBe(8);
  });
});

describe("a fault names the tile, the bundle, and", () => {
  it.each([
    [
      "a register never written",
      "s.add s2, s1, s0\nc.halt",
      "PS5264 kernel, tile (0, 0), bundle 0: s1 is read and was never written",
    ],
    [
      "SRAM never written",
      "l.unit v0, a0, 0\nc.halt",
      "PS5264 kernel, tile (0, 0), bundle 0: SRAM byte 0 is read and was never written",
    ],
    [
      "a result read too early",
      "s.imm s1, 1\nv.splat v0, s1\nv.add v1, v0, v0\nc.halt",
      "PS5265 kernel, tile (0, 0), bundle 2: v0 is read 3 cycles too early",
    ],
    [
      "a transfer that nobody waits for",
      `${bringIn}l.unit v0, a0, 0\nc.halt`,
      "SRAM byte 0 is read while a transfer writes it",
    ],
    [
      "two transfers into one place",
      `${bringIn}d.issue d0, in1\nc.halt`,
      "SRAM byte 0 is written while a transfer writes it",
    ],
    [
      "a store under a transfer",
      `${bringIn}v.splat v0, s1\n${nops(3)}st.unit v0, a0, 0\nc.halt`,
      "SRAM byte 0 is written while a transfer writes it",
    ],
    [
      "a load behind a store",
      `v.splat v0, s0\n${nops(3)}st.unit v0, a0, 0\nl.unit v1, a0, 0\nc.halt`,
      "SRAM from byte 0 is read while an instruction writes it, for 3 more cycles",
    ],
    [
      "a wait that nothing ends",
      "d.wait 3, 1\nc.halt",
      "PS5266 kernel, tile (0, 0), bundle 0: waits for semaphore 3 to reach 1; it is 0 and no transfer will add to it",
    ],
    [
      "an address outside SRAM",
      "s.imm s1, 4000\ns.address a0, base, s1\nl.unit v0, a0, 0\nc.halt",
      "PS5263 kernel, tile (0, 0), bundle 2: SRAM bytes 4000 to 4128; the program has the first 4096",
    ],
    [
      "an address outside HBM",
      `s.imm s1, 1\nd.write d0, size0, s1\nd.issue d0, in0\nc.halt`,
      "PS5263 kernel, tile (0, 0), bundle 2: HBM bytes 0 to 1 are read: they are in no buffer of the kernel",
    ],
    [
      "a format that is none",
      "s.imm s1, 7\nm.configure q0, format, s1\nm.load q0\nc.halt",
      "PS5268 kernel, tile (0, 0), bundle 2: the matrix unit has no format 7",
    ],
    [
      "arithmetic beyond what is emulated",
      "s.imm s1, 549755813887\ns.mul s1, s1, s1\nc.halt",
      "PS5268 kernel, tile (0, 0), bundle 1: s.mul of 549755813887 and 549755813887 leaves the 53 bits",
    ],
    [
      "a loop without end",
      "s.imm s1, 549755813887\nc.loop 0, s1, 1\nnop\nc.halt",
      "PS5267 kernel, tile (0, 0), bundle 2: 10000 bundles have been executed",
    ],
  ])("%s", (_, text, wanted) => {
    expect(faultOf(text)).toContain(wanted);
  });

  it("a buffer that is only read", () => {
    const text = `${bringIn}d.wait 0, 1\nd.issue d0, out0\nc.halt`;
    expect(faultOf(text)).toBe("no fault");
    expect(faultOf(text, new Uint8Array(256), { isWritable: false })).toContain(
      "are written: they are in a buffer that the kernel only reads",
    );
  });
});

/** Sets fields of a descriptor, as `name value` or `name register`. */
const describeTransfer = (descriptor: number, fields: Readonly<Record<string, number | string>>): string =>
  Object.entries(fields)
    .map(([field, x]) =>
      typeof x === "number"
        ? `s.imm s1, ${x}\nd.write d${descriptor}, ${field}, s1\n`
        : `d.write d${descriptor}, ${field}, ${x}\n`,
    )
    .join("");

describe("transfers that are under way together", () => {
  /** 32 numbers of the buffer in SRAM, and two transfers of them out, to different places, with semaphores 1 and `second`. */
  const twoOut = (second: number): string =>
    `${bringIn}d.wait 0, 1
s.addi s2, s0, 128
${describeTransfer(0, { signal: 1 })}${describeTransfer(1, { size0: 32, element: 4, hbm_stride0: 4, sram_stride0: 4, hbm: "s2", signal: second })}v.splat v0, s1
d.issue d0, out0
d.issue d1, out1
`;
  const store = "st.unit v0, a0, 0\n";

  it("each keep the bytes that they read from being written", () => {
    const race = "SRAM byte 0 is written while a transfer reads it";
    expect(faultOf(`${twoOut(2)}d.wait 1, 1\n${store}c.halt`)).toContain(race);
    expect(faultOf(`${twoOut(2)}d.wait 2, 1\n${store}c.halt`)).toContain(race);
    expect(faultOf(`${twoOut(2)}d.wait 2, 1\nd.wait 1, 1\n${store}c.halt`)).toBe("no fault");
  });

  it("may end in any order: one signal of two does not tell which it was", () => {
    const race = "SRAM byte 0 is written while a transfer reads it";
    expect(faultOf(`${twoOut(1)}d.wait 1, 1\n${store}c.halt`)).toContain(race);
    expect(faultOf(`${twoOut(1)}d.wait 1, 1\nd.wait 1, 1\n${store}c.halt`)).toBe("no fault");
    expect(faultOf(`${twoOut(1)}d.wait 1, 2\n${store}c.halt`)).toBe("no fault");
  });

  it("of one engine end in their order: the signal of the later one tells of both", () => {
    const oneEngine = twoOut(2).replace("out1", "out0");
    expect(faultOf(`${oneEngine}d.wait 2, 1\n${store}c.halt`)).toBe("no fault");
    expect(faultOf(`${oneEngine}d.wait 1, 1\n${store}c.halt`)).toContain("while a transfer reads it");
    // Of two with one semaphore, the first signal is that of the first.
    const oneSignal = twoOut(1).replace("out1", "out0");
    expect(faultOf(`${oneSignal}d.wait 1, 1\n${store}c.halt`)).toContain("while a transfer reads it");
    expect(faultOf(`${oneSignal}d.wait 1, 2\n${store}c.halt`)).toBe("no fault");
  });

  /** The first 32 numbers in SRAM; then one transfer out, not waited for, and another of d1 by `engine`. */
  const meeting = (engine: string, fields: Readonly<Record<string, number | string>>): string =>
    `${bringIn}d.wait 0, 1
s.addi s2, s0, 4
s.addi s3, s0, 128
s.addi s4, s0, 124
${describeTransfer(0, { signal: 1 })}${describeTransfer(1, { size0: 32, element: 4, hbm_stride0: 4, sram_stride0: 4, sram: 256, signal: 2, ...fields })}`
      .concat(engine.startsWith("out") ? "" : "d.issue d0, out0\n")
      .concat(`d.issue d1, ${engine}\n`);

  it("do not read from HBM what another one still writes there", () => {
    const race = "is read while a transfer writes it";
    expect(faultOf(`${meeting("in0", { hbm: "s0" })}c.halt`)).toContain(`PS5265 kernel, tile (0, 0), bundle`);
    expect(faultOf(`${meeting("in0", { hbm: "s0" })}c.halt`)).toContain(`HBM byte 1024 ${race}`);
    expect(faultOf(`${meeting("in0", { hbm: "s4" })}c.halt`)).toContain(`HBM byte 1148 ${race}`);
    expect(faultOf(`${meeting("in0", { hbm: "s3" })}c.halt`)).toBe("no fault");
    const waited = meeting("in0", { hbm: "s0" }).replace("d.issue d1", "d.wait 1, 1\nd.issue d1");
    expect(faultOf(`${waited}c.halt`)).toBe("no fault");
  });

  it("do not write to HBM what another one still reads or writes there", () => {
    // d1 brings in and is not waited for; d0 goes out to the same place.
    const behind = `${meeting("in0", { hbm: "s0" }).replace("d.issue d0, out0\n", "")}d.issue d0, out0\nc.halt`;
    expect(faultOf(behind)).toContain("HBM byte 1024 is written while a transfer reads it");
    const twice = `${bringIn}d.wait 0, 1\nd.issue d0, out0\nd.issue d0, out1\nc.halt`;
    expect(faultOf(twice)).toContain("HBM byte 1024 is written while a transfer writes it");
  });

  it("meet only where they have a byte in common, and not where one goes between the elements of another", () => {
    // Two columns of an array of 8-byte rows: their extents overlap, their bytes do not.
    const columns = (hbm: string): string =>
      `${bringIn}d.wait 0, 1
s.addi s2, s0, 4
s.addi s3, s0, 8
${describeTransfer(0, { hbm_stride0: 8, size0: 8, signal: 1 })}${describeTransfer(1, { size0: 8, element: 4, hbm_stride0: 8, sram_stride0: 4, hbm, signal: 2 })}d.issue d0, out0
d.issue d1, out1
d.wait 1, 1
d.wait 2, 1
c.halt`;
    expect(faultOf(columns("s2"))).toBe("no fault");
    expect(faultOf(columns("s3"))).toContain("HBM byte 1032 is written while a transfer writes it");
  });

  it("stall an engine whose queue is full until its first one has ended", () => {
    const { queueDepth } = machine.dma;
    const outs = (count: number): string => {
      const issues = Array.from(
        { length: count },
        (_, k) => `s.addi s2, s0, ${4 * k}\nd.write d0, hbm, s2\nd.issue d0, out0`,
      );
      return `${bringIn}d.wait 0, 1\n${describeTransfer(0, { size0: 1, signal: 1 })}v.splat v0, s1\n${issues.join("\n")}\n`;
    };
    const other = `${describeTransfer(1, { element: 4, sram: 4, hbm: "s0", signal: 2 })}`;
    // The first one's place in HBM may be read again once there are more behind it than the queue holds.
    expect(faultOf(`${outs(queueDepth)}${other}d.issue d1, in0\nc.halt`)).toContain("HBM byte 1024 is read while");
    expect(faultOf(`${outs(queueDepth + 1)}${other}d.issue d1, in0\nc.halt`)).toBe("no fault");
  });
});

/** `[1 2; 3 4]` and weights `[5 6; 7 8]` in SRAM from 0 and from 64 on, sums that begin at 0 from 256 on. */
const matrixSetUp = `${[
  ["element", 4],
  ["hbm_stride0", 4],
  ["sram_stride0", 4],
  ["size0", 4],
]
  .map(([field, value]) => `s.imm s1, ${value}\nd.write d0, ${field}, s1`)
  .join("\n")}
${[
  [0, 0],
  [64, 16],
  [256, 32],
]
  .map(
    ([sram, hbm]) =>
      `s.imm s1, ${sram}\nd.write d0, sram, s1\ns.addi s2, s0, ${hbm}\nd.write d0, hbm, s2\nd.issue d0, in0\nd.wait 0, 1`,
  )
  .join("\n")}
${[
  ["rows", 2],
  ["depth", 2],
  ["columns", 2],
  ["source_stride", 8],
  ["weights", 64],
  ["weights_stride", 8],
  ["initial", 256],
  ["initial_stride", 8],
  ["output", 512],
  ["output_stride", 8],
]
  .map(([field, value]) => `s.imm s1, ${value}\nm.configure q0, ${field}, s1`)
  .join("\n")}
`;
const finish = `s.imm s1, 512\nd.write d0, sram, s1\nd.write d0, hbm, s0\nd.issue d0, out0\nd.wait 0, 1\nc.halt`;

describe("the matrix unit", () => {
  const { latency } = machine.matrix;
  const run = (init: number, load: number, stream: number, drain: number): string =>
    `${matrixSetUp}m.init q0\nc.delay ${init}\nm.load q0\nc.delay ${load}\nm.stream q0\nc.delay ${stream}\nm.drain q0\nc.delay ${drain}\n${finish}`;

  it("multiplies where a program lets it finish", () => {
    const buffer = numbers(1, 2, 3, 4, 5, 6, 7, 8, 100, 0, 0, 1000);
    const { counters } = launch(run(8, 2, 8 + latency, 16), buffer);
    expect([...new Float32Array(buffer.buffer, 0, 4)]).toEqual([119, 22, 43, 1050]);
    expect(counters.macs).toBe(8);
  });

  it.each([
    ["sums that are not there yet", run(8, 2, 8, 16), "m.drain reads sums that are not complete,"],
    [
      "weights that are not there yet",
      run(8, 2, 8 + latency, 16).replace("c.delay 2\nm.stream", "m.stream"),
      "m.stream begins before its weights are there, 1 cycles too early",
    ],
    ["results that are still written", run(8, 2, 8 + latency, 0), "is read while an instruction writes it"],
    ["a port that is taken", run(0, 2, 8 + latency, 16), "m.load begins while the port is taken,"],
    [
      "sums that nobody began",
      run(8, 2, 8 + latency, 16).replace("m.init q0", "nop"),
      "m.stream adds to sums that are not there,",
    ],
  ])("is a fault with %s", (_, text, wanted) => {
    expect(faultOf(text, numbers(1, 2, 3, 4, 5, 6, 7, 8))).toContain(wanted);
  });
});
