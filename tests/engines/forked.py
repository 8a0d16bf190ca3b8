"""Answers jobs in forked processes: one line of JSON in, one line out.

In: a function that runs a job, and where the answers go. Out: for each job what went wrong, or nothing. What a job prints goes
nowhere.
"""

import json
import os
import sys
import traceback


def serve(run, answers):
    """Runs every job of standard input."""
    for line in sys.stdin:
        print(json.dumps({"failure": in_child(run, json.loads(line))}), file=answers, flush=True)


def in_child(run, job):
    """Runs the job in a forked process; what went wrong, or nothing."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        silent = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silent, 1)
        failure = ""
        try:
            run(job)
        except BaseException:  # noqa: BLE001  whatever the script raises is the answer
            failure = traceback.format_exc(limit=-3)
        os.write(write, failure.encode()[-4000:])
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as answer:
        failure = answer.read()
    _, status = os.waitpid(child, 0)
    return failure or (f"ended with status {status}" if status else "")
