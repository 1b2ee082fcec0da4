"""Attempts to get out of a jail, as hostile code would make them.

Each is the body of a function whose result counts as an escape where it is true; what it raises counts as contained.
`given` has what is outside to be reached: `bait` (a file that all may read and write) and `folder` around it, `server`
(the id of the process that the sandbox serves), `port` and `path` and `abstract` (where somebody listens), and
`segment` (a System V shared memory of everybody).
"""

from textwrap import dedent, indent

BEGINNING = """
import ctypes, json, os, signal, socket, sys, time
LIBC = ctypes.CDLL(None, use_errno=True)
def call(number, *given):
    "A system call by its number; what it refuses raises."
    LIBC.syscall.restype = ctypes.c_long
    left = LIBC.syscall(ctypes.c_long(number), *given)
    if left < 0:
        raise OSError(ctypes.get_errno(), "refused")
    return left
def opened(path, flags=os.O_RDONLY):
    with open(os.open(path, flags), "rb") as file:
        return file.read(100)
"""

ENDING = """
def main(**given):
    try:
        return {"got": bool(attempt(given))}
    except BaseException as error:
        return {"kept": type(error).__name__}
"""

FILES = {
    "read a file that all may read": "return opened(given['bait'])",
    "read the users of the system": "return opened('/etc/shadow')",
    "read the configuration of the system": "return opened('/etc/hostname')",
    "list the folder around a file": "return os.listdir(given['folder'])",
    "list homes": "return os.listdir('/home') or os.listdir(os.path.expanduser('~root') + '/..')",
    "read what is installed beside Python": "return [n for p in sys.path for n in os.listdir(p + '/site-packages')]",
    "write into a file": "return os.write(os.open(given['bait'], os.O_WRONLY), b'x')",
    "append to a file": "return open(given['bait'], 'a').write('x')",
    "make a file for a while": "return os.open('/tmp', os.O_TMPFILE | os.O_RDWR)",
    "make a file beside another": "return open(given['folder'] + '/made', 'w').write('x')",
    "make a file wherever one can": """
        for place in ('/tmp', '/var/tmp', '/dev/shm', '/run', '/root', '/', '.', os.getcwd(), *sys.path):
            try:
                return open(place + '/made', 'w')
            except OSError:
                continue
    """,
    "make a folder": "os.mkdir(given['folder'] + '/made'); return True",
    "remove a file": "os.unlink(given['bait']); return True",
    "rename a file": "os.rename(given['bait'], given['bait'] + '2'); return True",
    "truncate a file": "os.truncate(given['bait'], 0); return True",
    "let others into a file": "os.chmod(given['bait'], 0o777); return True",
    "give a file away": "os.chown(given['bait'], 1, 1); return True",
    "date a file back": "os.utime(given['bait'], (1, 1)); return True",
    "link to a file": "os.link(given['bait'], given['folder'] + '/made'); return True",
    "link to a file by name": "os.symlink(given['bait'], '/tmp/made'); return True",
    "make a device": "os.mknod('/tmp/made', 0o60600, os.makedev(254, 0)); return True",
    "read a disk": "return any(opened(f'/dev/{name}') for name in ('vda', 'sda', 'nvme0n1', 'mem', 'kmsg'))",
    "go up from an open folder": """
        for place in range(3, 10):
            for path in (f'/proc/self/fd/{place}/../../../../../../../../etc/hostname', f'/dev/fd/{place}/../x'):
                try:
                    return opened(path)
                except OSError:
                    continue
            try:
                folder = os.open('../../../../../../..' + given['bait'], os.O_RDONLY, dir_fd=place)
                return True
            except OSError:
                continue
    """,
    "open a file with arguments in memory": """
        how = (ctypes.c_uint64 * 3)(0, 0, 0)
        return call(437, -100, given['bait'].encode(), how, 24) >= 0
    """,
    "open a file by its handle": "return call(304, -100, ctypes.create_string_buffer(64), 0) >= 0",
    "watch a file": "return LIBC.inotify_init() >= 0",
    "keep bytes in a file of memory": "return os.memfd_create('kept') >= 0",
    "hang a file system in": "return LIBC.mount(b'none', b'/tmp', b'tmpfs', 0, None) == 0",
    "change the root": "os.chroot('/tmp'); return True",
}

ENVIRONMENTS = {
    "see an environment": "return dict(os.environ)",
    "read the environment that it began with": """
        return any(b'=' in opened(f'/proc/{which}/environ') for which in ('self', 'thread-self', os.getppid(), 1))
    """,
    "read the environment of the server": "return opened(f'/proc/{given[\"server\"]}/environ')",
    "read the environments of all processes": """
        def read(which):
            try:
                return opened(f'/proc/{which}/environ')
            except OSError:
                return b''
        return any(read(which) for which in range(1, 3000))
    """,
    "read the command lines of processes": "return opened('/proc/1/cmdline') or opened('/proc/self/cmdline')",
    "read the memory of the server": "return opened(f'/proc/{given[\"server\"]}/mem')",
    "read the maps of its own memory": "return opened('/proc/self/maps')",
    "read secrets out of the arguments": "return [word for word in sys.orig_argv + sys.argv if word]",
}

NETWORK = {
    "connect": "socket.create_connection(('127.0.0.1', given['port']), 1); return True",
    "connect over IPv6": "return socket.socket(socket.AF_INET6)",
    "send a datagram": "return socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 9))",
    "listen": "return socket.create_server(('127.0.0.1', 0))",
    "reach a local socket": "return socket.socket(socket.AF_UNIX).connect(given['path']) is None",
    "reach an abstract socket": "return socket.socket(socket.AF_UNIX).connect('\\0' + given['abstract']) is None",
    "send through a pair of datagram sockets": """
        one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        return one.sendto(b'x', '\\0' + given['abstract'])
    """,
    "send through a pair of stream sockets": """
        one, other = socket.socketpair()
        return one.sendto(b'x', '\\0' + given['abstract'])
    """,
    "send from the channel": "return socket.socket(fileno=3).sendto(b'x', '\\0' + given['abstract'])",
    "talk to the kernel's network": "return socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)",
    "open a raw socket": "return socket.socket(socket.AF_PACKET, socket.SOCK_RAW)",
    "reach the host of a machine": "return socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)",
    "use the kernel's ciphers": "return socket.socket(socket.AF_ALG, socket.SOCK_SEQPACKET)",
    "open any family of sockets": """
        for family in range(46):
            try:
                return call(41, family, 1, 0) >= 0
            except OSError:
                continue
    """,
    "look a name up": "return socket.getaddrinfo('example.com', 443)",
    "fetch a page": "import urllib.request; return urllib.request.urlopen('http://127.0.0.1:%d' % given['port'])",
    "submit work in rings": "return call(425, 8, ctypes.create_string_buffer(256)) >= 0",
}

PROCESSES = {
    "fork": "return os.fork() >= 0",
    "fork by the system call": "return call(57) >= 0",
    "fork like a shell": "return call(58) >= 0",
    "clone a process": "return call(56, 17, 0, 0, 0, 0) >= 0",
    "clone with arguments in memory": "return call(435, (ctypes.c_uint64 * 11)(0, 0, 0, 0, 17), 88) >= 0",
    "clone into a namespace of its own": "return call(56, 0x10000000 | 17, 0, 0, 0, 0) >= 0",
    "start a program": "os.execv('/bin/sh', ['sh', '-c', 'true'])",
    "start a shell": "return os.system('true') == 0",
    "spawn": "return os.posix_spawn('/bin/true', ['true'], {})",
    "start a program with Python's means": "import subprocess; return subprocess.run(['true'])",
    "start Python's workers": """
        import multiprocessing
        process = multiprocessing.get_context('fork').Process(target=print)
        process.start()
        return True
    """,
    "signal the server": "os.kill(given['server'], 0); return True",
    "signal everybody": "os.kill(-1, 0); return True",
    "signal who made it": "os.kill(os.getppid(), 0); return True",
    "signal a thread": "return call(234, given['server'], given['server'], 0) == 0",
    "have the kernel signal the server": """
        import fcntl
        fcntl.fcntl(3, 10, signal.SIGURG)
        fcntl.fcntl(3, 8, given['server'])
        fcntl.fcntl(3, fcntl.F_SETFL, fcntl.fcntl(3, fcntl.F_GETFL) | os.O_ASYNC)
        return True
    """,
    "have the kernel signal the server by a control": """
        import fcntl
        fcntl.ioctl(3, 0x8901, given['server'])
        return True
    """,
    "hold a process": "return os.pidfd_open(os.getppid()) >= 0",
    "trace a process": "return LIBC.ptrace(16, os.getppid(), 0, 0) == 0",
    "be traced": "return LIBC.ptrace(0, 0, 0, 0) == 0",
    "read the memory of a process": """
        here = ctypes.create_string_buffer(8)
        vector = (ctypes.c_uint64 * 2)(ctypes.addressof(here), 8)
        return call(310, given['server'], vector, 1, vector, 1, 0) > 0
    """,
    "limit a process": "import resource; return resource.prlimit(given['server'], resource.RLIMIT_NOFILE)",
    "give a process way": "os.setpriority(os.PRIO_PROCESS, given['server'], 19); return True",
    "bind a process to a core": "os.sched_setaffinity(given['server'], {0}); return True",
    "lift its own limits": """
        import resource
        for which in (resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_NOFILE, resource.RLIMIT_FSIZE):
            try:
                resource.setrlimit(which, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
                return True
            except (OSError, ValueError):
                continue
    """,
}

KERNEL = {
    "be root": "os.setuid(0); return True",
    "be anybody": "os.setresuid(1, 1, 1); return True",
    "take powers": """
        all_of_them = (ctypes.c_uint32 * 6)(*[2**32 - 1] * 6)
        return LIBC.capset((ctypes.c_uint32 * 2)(0x20080522, 0), all_of_them) == 0
    """,
    "have a namespace of users": "return LIBC.unshare(0x10000000) == 0",
    "have a namespace of files": "return LIBC.unshare(0x00020000) == 0",
    "enter a namespace": "return LIBC.setns(3, 0) == 0",
    "change its personality": "return call(135, 0x0040000) >= 0",
    "use keys": "return call(250, 0, -3, 0) >= 0",
    "load a program into the kernel": "return call(321, 0, (ctypes.c_uint64 * 16)(), 128) >= 0",
    "measure the kernel": "return call(298, (ctypes.c_uint64 * 16)(), 0, -1, -1, 0) >= 0",
    "handle faults": "return call(323, 0) >= 0",
    "load a module": "return call(175, b'', 0, b'') >= 0",
    "restart the machine": "return call(169, 0xfee1dead, 672274793, 0, 0) >= 0",
    "set the clock": "time.clock_settime(time.CLOCK_REALTIME, 0); return True",
    "share memory": "return LIBC.shmget(1, 4096, 0o1666) >= 0",
    "attach shared memory": "return LIBC.shmat(given['segment'], None, 0) != -1",
    "queue messages": "return LIBC.msgget(1, 0o1666) >= 0",
    "count semaphores": "return LIBC.semget(1, 1, 0o1666) >= 0",
    "queue messages by name": "return call(240, b'q', 0o102, 0o600, None) >= 0",
    "write through a terminal": "import fcntl; fcntl.ioctl(3, 0x5412, b'x'); return True",
    "filter system calls anew": "return LIBC.prctl(22, 1, 0, 0, 0) == 0",
    "be looked into again": "return LIBC.prctl(4, 1, 0, 0, 0) == 0",
    "outlive who made it": "return LIBC.prctl(1, 0, 0, 0, 0) == 0",
    "make a system call of another architecture": "call(0x40000000 + 39); return True",
}

DESCRIPTORS = {
    "find descriptors that it was not given": """
        found = []
        for place in (*range(4, 8), *range(8, 64)):
            try:
                os.fstat(place)
            except OSError:
                continue
            found.append(place)
        return any(not is_folder(place) for place in found)
    """,
    "read what others were sent": "import select; return select.select([3], [], [], 0)[0]",
    "get descriptors from the server": "return socket.socket(fileno=3).recv(1, socket.MSG_DONTWAIT)",
    "read or write where its output goes": "return os.read(1, 10) or os.lseek(2, 0, os.SEEK_END)",
    "open without end": """
        kept = []
        while True:
            kept.append(os.dup(0))
            if len(kept) > 1000:
                return True
    """,
}
IS_FOLDER = """
def is_folder(place):
    import stat
    return stat.S_ISDIR(os.fstat(place).st_mode)
"""

ATTEMPTS = {**FILES, **ENVIRONMENTS, **NETWORK, **PROCESSES, **KERNEL, **DESCRIPTORS}


def source_of(body: str) -> str:
    """The whole program around the body of an attempt."""
    return f"{BEGINNING}{IS_FOLDER}\ndef attempt(given):\n{indent(dedent(body).strip(), '    ')}\n{ENDING}"
