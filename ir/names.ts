/** @file Names of the attributes through which passes and back ends tell each other what the types do not say. */

/** On a kernel: into how many chunks it is cut, as dimension text. */
export const CHUNKS = "psm.chunks";
/** On a kernel: the arithmetic operations of one launch, and the bytes it must at least move; dimension text. */
export const FLOPS = "psm.flops";
export const BYTES = "psm.bytes";
/** On a host function: the size of its arena, and the bound no plan can beat; dimension text. */
export const ARENA_BYTES = "psm.arena_bytes";
export const ARENA_LOWER_BOUND = "psm.arena_lower_bound";
/** On a kernel's memref argument: `"read"`, `"write"` (all of it, unseen) or `"readwrite"`. */
export const ACCESS = "psm.access";
/** On a private function: loops on memrefs as a front end wrote them. The target of custom calls that run such a one. */
export const LOOPS = "psm.loops";
/** On a kernel: what it runs as, for people. */
export const SUMMARY = "psm.summary";
/** On a kernel: what passes decided and why, as dictionaries in an array; see lowering/remarks.ts. */
export const REMARKS = "psm.remarks";
/** On an argument of a host function: the number of the result that is written to it; on a result: its own. */
export const RESULT = "psm.result";
/** On a result: a buffer which the function allocates and the caller frees. */
export const ALLOCATED_BY_RUN = "psm.allocated_by_run";
