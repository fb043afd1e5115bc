/** @file The table of element types and its readers. */

import { describe, expect, it } from "vitest";
import {
  complexOf,
  elementFacts,
  elementTypes,
  isComplex,
  isFloat,
  isInteger,
  isSigned,
  isUnsigned,
  parseElementType,
  partOf,
} from "../../../ir/element.js";

describe("element types", () => {
  it("are read back from their own spelling", () => {
    for (const element of elementTypes) expect(parseElementType(element)).toBe(element);
  });

  it("accept the explicit signed spelling and spaces in a complex", () => {
    expect(parseElementType("si32")).toBe("i32");
    expect(parseElementType("complex< f64 >")).toBe("complex<f64>");
  });

  it("refuse everything else", () => {
    for (const text of ["", "i3", "f128", "u8", "complex<f16>", "si1x", "toString", "F32"]) {
      expect(parseElementType(text)).toBeUndefined();
    }
  });

  it("belong to exactly one kind", () => {
    for (const element of elementTypes) {
      const kinds = [isFloat(element), isSigned(element), isUnsigned(element), isComplex(element)];
      const others = element === "i1" || element === "index" ? 1 : 0;
      expect(kinds.filter(Boolean).length + others, element).toBe(1);
      expect(isInteger(element)).toBe(isSigned(element) || isUnsigned(element));
    }
  });

  it("occupy whole bytes: one for what is narrower, two parts for a complex", () => {
    expect(elementFacts.i4.storageBytes).toBe(1);
    expect(elementFacts.f6E2M3FN.storageBytes).toBe(1);
    expect(elementFacts.bf16.storageBytes).toBe(2);
    expect(elementFacts["complex<f64>"].storageBytes).toBe(16);
  });

  it("name the part of a complex and the complex of a part", () => {
    expect(partOf("complex<f32>")).toBe("f32");
    expect(partOf("i8")).toBe("i8");
    expect(complexOf("f64")).toBe("complex<f64>");
    expect(complexOf("f16")).toBeUndefined();
  });
});
