"""What a child process that handles hostile input may use, set by itself before it reads any."""

import contextlib
import resource


def limit_process(memory: int, seconds: int, *, written: int = 0, open_files: int = 16) -> None:
    """`memory` in bytes beyond what the process has now; `seconds` of CPU time for its whole life; `written` in bytes
    of any one file, its output included where that is one.
    """
    with contextlib.suppress(OSError, ValueError):  # macOS has neither /proc nor this limit
        with open("/proc/self/statm", encoding="ascii") as statm:
            pages = int(statm.read().split()[0])
        ceiling = pages * resource.getpagesize() + memory
        resource.setrlimit(resource.RLIMIT_AS, (ceiling, ceiling))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (written, written))
    resource.setrlimit(resource.RLIMIT_NOFILE, (open_files, open_files))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
