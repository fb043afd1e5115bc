/** @file Names that stages agree on where they speak of kernels. */

/** Marks the call of a kernel. */
export const KERNEL = "psm.kernel";

/** The attribute by which earlier passes say that operations of one block belong to one kernel. */
export const GROUP = "psm.group";

/** The attribute of a group's operations, and of their kernel, that says how many leading axes are rows they share. */
export const ROWS = "psm.rows";
