/** @file Types of run-docs.mjs. */

export interface DocsBlock {
  readonly language: string;
  /** The line of the opening fence, from 1. */
  readonly line: number;
  readonly code: string;
  /** Python modules that the block cannot do without. */
  readonly needs?: readonly string[];
}

export function findBlocks(markdown: string): readonly DocsBlock[];

export interface DocsLink {
  readonly target: string;
  readonly line: number;
}

export function findLinks(markdown: string): readonly DocsLink[];
