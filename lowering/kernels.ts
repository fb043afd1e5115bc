/** @file Names that stages agree on where they speak of kernels. */

/** Marks the call of a kernel. */
export const KERNEL = "psm.kernel";
