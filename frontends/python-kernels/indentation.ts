/**
 * @file Indentation, checked by ourselves: the parser takes a statement at any depth for one of the block around it.
 * Statements of a block begin at one depth, and clauses where the statement that they belong to does.
 */

import { isBlank, type Node, type Reading } from "./syntax.js";

/** Blocks whose children are statements, at one depth. */
const blocks: ReadonlySet<string> = new Set(["module", "block"]);

const clauses: ReadonlySet<string> = new Set([
  "elif_clause",
  "else_clause",
  "except_clause",
  "except_group_clause",
  "finally_clause",
]);

/** Tabs go to the next multiple of 8; with tabs of 1 the order of two lines must be the same. */
interface Depth {
  readonly wide: number;
  readonly narrow: number;
}

export function checkIndentation(root: Node, lines: readonly string[], reading: Reading): void {
  const work: Node[] = [root];
  for (let node = work.pop(); node; node = work.pop()) {
    if (blocks.has(node.type)) checkBlock(node, lines, reading);
    const [first] = node.children;
    for (const child of node.children) {
      if (!child) continue;
      const belongs = clauses.has(child.type) || (node.type === "decorated_definition" && child.type !== "comment");
      if (belongs && first) checkSame(child, depthAt(node, lines), lines, reading);
      if (child.childCount > 0) work.push(child);
    }
  }
}

function checkBlock(block: Node, lines: readonly string[], reading: Reading): void {
  let expected: Depth | undefined = block.type === "module" ? { wide: 0, narrow: 0 } : undefined;
  const outer = block.parent && depthOfLine(lines[block.parent.startPosition.row] ?? "");
  for (const child of block.namedChildren) {
    if (!child || isBlank(child) || child.isError || child.type === "ERROR") continue;
    const depth = depthAt(child, lines);
    if (!depth) continue;
    if (expected) checkSame(child, expected, lines, reading);
    else {
      expected = depth;
      if (outer && depth.wide <= outer.wide) reading.fault(child, "an indented block is expected here");
    }
  }
}

function checkSame(node: Node, expected: Depth | undefined, lines: readonly string[], reading: Reading): void {
  const depth = depthAt(node, lines);
  if (!depth || !expected || (depth.wide === expected.wide && depth.narrow === expected.narrow)) return;
  if (depth.wide === expected.wide) reading.fault(node, "tabs and spaces are mixed so that the depth is not clear");
  else reading.fault(node, `this line is indented by ${depth.wide} columns, its block by ${expected.wide}`);
}

/** How deep `node` stands, where it begins its line. */
function depthAt(node: Node, lines: readonly string[]): Depth | undefined {
  const { row, column } = node.startPosition;
  const line = lines[row] ?? "";
  return /^[ \t\f]*$/.test(line.slice(0, column)) ? depthOfLine(line) : undefined;
}

function depthOfLine(line: string): Depth {
  let [wide, narrow] = [0, 0];
  for (const c of line) {
    if (c === " ") [wide, narrow] = [wide + 1, narrow + 1];
    else if (c === "\t") [wide, narrow] = [(Math.floor(wide / 8) + 1) * 8, narrow + 1];
    else if (c === "\f") [wide, narrow] = [0, 0];
    else break;
  }
  return { wide, narrow };
}
