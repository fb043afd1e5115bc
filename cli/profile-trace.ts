/**
 * @file A profile as trace events (the JSON that ui.perfetto.dev and chrome://tracing read). Engines count how long kernels
 * take, not when they start: spans are medians, laid one behind the other in the order of the schedule, and the file
 * says so. A kernel that is launched from several places has its time shared out among them by what each has to do.
 */

import type { Manifest } from "../runtime-lib/bundle/generated/manifest.js";
import { placeTexts } from "./kernel-places.js";
import type { LaunchSite } from "./profile-costs.js";
import type { KernelTime, Profiled } from "./profile-run.js";

/** The object that the file holds; times are in microseconds. */
export function traceOf({ profile, sites, target }: Profiled, manifest: Pick<Manifest, "sources">) {
  const times = new Map(profile.kernels.map((k) => [k.kernel, k]));
  let at = 0;
  const spans = sites.flatMap((site) => {
    const kernel = target.kernels[site.kernel]!;
    const timed = times.get(kernel.symbol);
    if (timed?.milliseconds === undefined) return [];
    const duration = 1e3 * timed.milliseconds * partOf(site, sites);
    const start = at;
    at += duration;
    const args = { runsAs: kernel.summary, from: placeTexts(manifest, site.sources), ...ratesIn(timed) };
    return [{ name: kernel.symbol, cat: "kernel", ph: "X", ts: start, dur: duration, pid: 1, tid: 1, args }];
  });
  return {
    traceEvents: [
      { name: "process_name", ph: "M", pid: 1, args: { name: profile.bundle } },
      { name: "thread_name", ph: "M", pid: 1, tid: 1, args: { name: `${profile.entry} on ${profile.target}` } },
      ...spans,
    ],
    displayTimeUnit: "ms",
    otherData: {
      times: "medians of what a run spends in each kernel, laid end to end in the order of the schedule",
      engine: profile.engine,
      threads: profile.threads,
      rounds: profile.rounds,
    },
  };
}

/** What part of its kernel's work a site has: by operations, else by bytes, else an equal one. */
function partOf(site: LaunchSite, sites: readonly LaunchSite[]): number {
  const own = sites.filter((other) => other.kernel === site.kernel);
  for (const what of ["flops", "bytes"] as const) {
    const total = own.reduce((sum, other) => sum + (other[what] ?? Number.NaN), 0);
    if (total > 0) return site[what]! / total;
  }
  return 1 / own.length;
}

function ratesIn({ gflops, gigabytes, ofRoof }: KernelTime): Readonly<Record<string, number | undefined>> {
  return { gflops, gigabytes, ofRoof };
}
