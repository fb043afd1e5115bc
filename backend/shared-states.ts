/**
 * @file The states of a model whose entries share them: a state is known by its name, so entries that name the same one
 * work on the same storage. That is only sound where they agree on what it is, which is checked here.
 */

import { CompileError, type Diagnostic, diagnostic } from "../ir/diagnostic.js";
import type { EntryInterface, StateInterface } from "../ir/entry.js";
import { toBytes } from "../ir/ndarray.js";
import { sizeExpression } from "./expression.js";

/** A state that two entries describe differently. */
const STATE_CONFLICT = "PS3901";

/**
 * Every state once, in the order in which the entries name them.
 * @throws CompileError listing all states whose type, size or first value differs between entries.
 */
export function sharedStates(entries: readonly EntryInterface[]): readonly StateInterface[] {
  const shared = new Map<string, { readonly state: StateInterface; readonly entry: string }>();
  const problems: Diagnostic[] = [];
  for (const { name: entry, states } of entries) {
    for (const state of states) {
      const known = shared.get(state.name);
      if (known === undefined) {
        shared.set(state.name, { state, entry });
        continue;
      }
      const wrong = known.entry === entry ? `stands twice in the entry '${entry}'` : conflict(known, { state, entry });
      if (wrong !== undefined) {
        const fix = "give states that are not one another's different names";
        problems.push(diagnostic(STATE_CONFLICT, `the state '${state.name}' ${wrong}`, { fix }));
      }
    }
  }
  if (problems.length > 0) throw new CompileError(problems);
  return [...shared.values()].map(({ state }) => state);
}

interface Use {
  readonly state: StateInterface;
  readonly entry: string;
}

/** How two uses of a state contradict each other, if they do. */
function conflict(a: Use, b: Use): string | undefined {
  const [first, second] = [typeText(a.state), typeText(b.state)];
  if (first !== second) return `is ${first} in the entry '${a.entry}' and ${second} in '${b.entry}'`;
  if (beginning(a.state) === beginning(b.state)) return undefined;
  return `begins with other elements in the entry '${a.entry}' than in '${b.entry}'`;
}

function typeText({ element, shape }: StateInterface): string {
  return `${element}[${shape.map((d) => sizeExpression(d)).join(", ")}]`;
}

/** A text that is the same for the same first elements; those of resources are told by their names. */
function beginning({ initial }: StateInterface): string {
  if (initial?.kind === "resource") return `resource ${initial.name}`;
  const bytes = initial === undefined ? [] : toBytes(initial.data);
  return bytes.every((byte) => byte === 0) ? "zeros" : Buffer.from(bytes).toString("base64");
}
