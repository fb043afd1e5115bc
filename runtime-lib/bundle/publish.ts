/**
 * @file Putting a finished file or directory in its place, all or nothing. Everything is written under a temporary name
 * beside the destination, so that the last step is a rename within one file system; what stands at the destination is
 * replaced only if it is what we write there ourselves.
 *
 * A directory cannot be renamed over a full one, so replacing takes two renames: the old bundle aside, the new one in.
 * A process killed between them leaves no bundle at the destination and the old one, whole, under its name aside.
 */

import { randomBytes } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { hostname } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { attempt, fileFault, systemCode } from "./file-io.js";

export type LeftoverKind = "new" | "old";

/** Short, of letters and digits: part of temporary names. */
const host = hostname()
  .replace(/[^A-Za-z0-9]/g, "")
  .slice(0, 16);

const leftoverPrefix = (destination: string): string => `.${basename(destination).slice(0, 160)}.`;

/** A fresh name beside `destination`. It carries machine and process, so that leftovers of killed processes can be told. */
export function temporaryName(destination: string, kind: LeftoverKind): string {
  const unique = randomBytes(6).toString("hex");
  return join(dirname(destination), `${leftoverPrefix(destination)}${kind}-${host}-${process.pid}-${unique}`);
}

/** The absolute path that a write to `path` replaces: of a symbolic link, what it points to. Makes the parent directory. */
export function resolveDestination(path: string): string {
  const absolute = resolve(path);
  attempt("write", absolute, () => mkdirSync(dirname(absolute), { recursive: true }));
  const link = attempt(
    "write",
    absolute,
    () => lstatSync(absolute, { throwIfNoEntry: false })?.isSymbolicLink() ?? false,
  );
  return link ? attempt("replace", absolute, () => realpathSync(absolute)) : absolute;
}

/** Makes renames and new names within a directory last through a power failure. */
export function syncDirectory(path: string): void {
  let fd: number;
  try {
    fd = openSync(path, "r");
  } catch (error) {
    // Some systems do not open directories; there is nothing to be synced then.
    if (systemCode(error) === "EISDIR" || systemCode(error) === "EPERM") return;
    throw fileFault(error, "write", path);
  }
  try {
    fsyncSync(fd);
  } catch (error) {
    if (systemCode(error) !== "EINVAL") throw fileFault(error, "write", path);
  } finally {
    closeSync(fd);
  }
}

/** Renames `temporary` to `destination`, replacing a file there at once. */
export function publishFile(temporary: string, destination: string): void {
  attempt("replace", destination, () => renameSync(temporary, destination));
  syncDirectory(dirname(destination));
  removeLeftovers(destination);
}

/** Writes a small file for this user alone, at once: readers see the old text or the new. */
export function publishText(destination: string, text: string): void {
  const temporary = temporaryName(destination, "new");
  try {
    writeFileSync(temporary, text, { flag: "wx", mode: 0o600 });
    renameSync(temporary, destination);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw fileFault(error, "write", destination);
  }
}

/**
 * Renames `temporary` to `destination`. `mayReplace` throws unless what stands there may go; it is asked at the last
 * moment, because another process may have written in the meantime.
 */
export function publishDirectory(temporary: string, destination: string, mayReplace: () => void): void {
  while (!renamedInto(temporary, destination)) {
    mayReplace();
    const aside = setAside(destination);
    if (aside !== undefined && exchanged(temporary, destination, aside)) break;
    // Another writer took the name in between: what stands there now is newer, and is looked at in turn.
  }
  syncDirectory(dirname(destination));
  removeLeftovers(destination);
}

const occupied: ReadonlySet<string> = new Set(["ENOTEMPTY", "EEXIST", "ENOTDIR"]);

/** Whether the rename was done; false where the destination is a file or a full directory. */
function renamedInto(temporary: string, destination: string): boolean {
  try {
    renameSync(temporary, destination);
    return true;
  } catch (error) {
    if (occupied.has(systemCode(error) ?? "")) return false;
    throw fileFault(error, "replace", destination);
  }
}

/** The new name of what stood at `destination`; undefined if it is gone already. */
function setAside(destination: string): string | undefined {
  const aside = temporaryName(destination, "old");
  try {
    renameSync(destination, aside);
    return aside;
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw fileFault(error, "replace", destination);
  }
}

/** Puts the new directory where the one set aside was, and removes that; puts it back if the system refuses. */
function exchanged(temporary: string, destination: string, aside: string): boolean {
  let done = false;
  try {
    done = renamedInto(temporary, destination);
  } catch (error) {
    renameSync(aside, destination);
    throw error;
  }
  rmSync(aside, { recursive: true, force: true });
  return done;
}

const leftover = /^(new|old)-([A-Za-z0-9]*)-(\d+)-[0-9a-f]{12}$/;

/** What processes that no longer run left beside `destination`. */
export function leftoversOf(destination: string, kind: LeftoverKind): readonly string[] {
  const prefix = leftoverPrefix(destination);
  const names = existsSync(dirname(destination)) ? readdirSync(dirname(destination)) : [];
  return names
    .filter((name) => {
      const [, itsKind, itsHost, pid] = (name.startsWith(prefix) && leftover.exec(name.slice(prefix.length))) || [];
      return itsKind === kind && itsHost === host && !isRunning(Number(pid));
    })
    .map((name) => join(dirname(destination), name));
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) !== "ESRCH";
  }
}

function removeLeftovers(destination: string): void {
  for (const kind of ["new", "old"] as const) {
    for (const path of leftoversOf(destination, kind)) rmSync(path, { recursive: true, force: true });
  }
}
