/**
 * @file The C identifier of a model, from its file's stem: the prefix of every symbol in its code, and the name of its library
 * and header. Invariant: no symbol, header or library of a model is one of the C library, of the compiler, or of the runtime.
 */

/** What a keyword, a header, a library or a family of functions (`pthread_create`, `timer_create`) is called in C. */
const words = `
  alignas alignof and asm auto bool break case catch char class concept const consteval constexpr constinit continue decltype
  default delete do double else enum explicit export extern false final float for friend goto if import inline int long main
  module mutable namespace new noexcept not nullptr operator or override private protected public register requires restrict
  return short signed sizeof static struct switch template this thread_local throw true try typedef typeid typename typeof
  union unsigned using virtual void volatile while xor

  aio aliases alloca ar argp argz assert byteswap complex cpio crypt ctype dirent dlfcn elf endian envz err errno error
  execinfo fcntl features fenv fmtmsg fnmatch fstab fts ftw getopt glob grp iconv ifaddrs inttypes iso646 langinfo lastlog
  libgen libintl limits link locale malloc math mcheck memory mntent monetary mqueue netdb nss obstack paths poll printf pty
  pwd regex regexp resolv sched search semaphore setjmp sgtty shadow signal spawn stab stdalign stdarg stdatomic stdbool
  stdckdint stddef stdint stdio stdlib stdnoreturn string strings syscall sysexits syslog tar termio termios tgmath threads
  time ttyent uchar ucontext ulimit unistd unwind utime utmp utmpx values varargs wait wchar wctype wordexp

  asan atomic c crypto dl gcc gcc_s gomp m nsl omp pthread quadmath rt ssl stdcxx tsan ubsan util z

  cnd epoll gai memfd mtx sem thrd timer timerfd tss
`;

const taken: ReadonlySet<string> = new Set(words.split(/\s+/));

/** Whole families: the runtime's own names, the threads', remote procedure calls', and vector instructions' headers. */
const families = /^(psm|pthread|posix|gnu)(_|$)|^(auth|clnt|svc|xdr)[a-z]*(_|$)|^std|intrin$|^_/;

/** Longer ones make file names that systems refuse. */
const longest = 100;

/** A C identifier of letters, digits and `_`, the same for the same stem. */
export function modelName(stem: string): string {
  const name = stem.replace(/[^A-Za-z0-9_]/g, "_").slice(0, longest);
  const isFree = /^[A-Za-z]/.test(name) && !taken.has(name.toLowerCase()) && !families.test(name.toLowerCase());
  return isFree ? name : `model_${name}`;
}
