#!/usr/bin/env python3
"""Runs a program and prints one line of JSON: wall and CPU seconds, peak RSS in bytes, exit status.

A process of its own, and a small one, because Linux counts what a process held before it executed
another program towards that program's peak: called from a large script, the figure is the script's.
The program's own output is dropped.
"""
import json
import os
import sys
import time


def main():
    start = time.monotonic()
    pid = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ, file_actions=[
        (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)])
    _, status, usage = os.wait4(pid, 0)
    print(json.dumps({"wall": time.monotonic() - start, "cpu": usage.ru_utime + usage.ru_stime,
                      "rss": usage.ru_maxrss * 1024, "exit": os.waitstatus_to_exitcode(status)}))


if __name__ == "__main__":
    main()
