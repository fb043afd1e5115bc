/** @file Types of scan-imports.mjs. */

export interface ScannedImport {
  /** undefined for a dynamic import of a computed path. */
  readonly specifier: string | undefined;
  readonly line: number;
  readonly kind: "import" | "export" | "dynamic";
  /** `import type` or `export type`: nothing is left of it at run time. */
  readonly erased: boolean;
}

export interface ScannedSource {
  readonly imports: readonly ScannedImport[];
  readonly onlyReexports: boolean;
  /** The comment the file opens with, or "". */
  readonly header: string;
  readonly lines: number;
}

export function scanImports(source: string): ScannedSource;
