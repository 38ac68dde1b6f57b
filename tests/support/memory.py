"""How much memory this process has used at most."""

import sys
from pathlib import Path


def peak() -> int:
    """Bytes of resident memory, at most, since the program began.

    Linux counts into `ru_maxrss` what the process that started this one held, so its own
    high-water mark is read.
    """
    if sys.platform == "linux":
        status = Path("/proc/self/status").read_text("ascii")
        kilobytes = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
        return int(kilobytes.split()[1]) * 1024
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
