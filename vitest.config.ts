/** @file How vitest runs the tests. Limits are generous: machines are small and shared, and a hang still ends. */

import { defineConfig } from "vitest/config";

const settings = { test: { testTimeout: 120_000, hookTimeout: 120_000 } };

export default defineConfig(settings);
