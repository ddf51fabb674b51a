#!/usr/bin/env python3
"""The way of the script that nodeping descends from: batches of fping -C 30, parsed when they end.

usage: seed_way.py TARGETS_FILE TEXTFILE. fping's other settings are its defaults, as they were there.
"""

import os
import re
import statistics
import subprocess
import sys

targets_file, textfile = sys.argv[1:]
with open(targets_file) as lines:
    targets = lines.read().split()
totals = {target: [0, 0, 0.0] for target in targets}

while True:
    batch = subprocess.run(
        ["fping", "-C", "30", "-p", "500", "-B", "1", "-q", "-r", "1", *targets],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )
    output = []
    for line in batch.stderr.splitlines():
        match = re.match(r"^(\S+)\s+:((?: (?:[\d.]+|-)){30})$", line)
        if match is None:
            continue
        times = [float(time) for time in match[2].split() if time != "-"]
        total = totals[match[1]]
        total[0] += 30
        total[1] += len(times)
        total[2] += sum(times)
        labels = '{destination_node="%s"}' % match[1]
        for name, value in zip(["sent_total", "received_total", "rtt_milliseconds_total"], total):
            output.append("node_ping_%s%s %s\n" % (name, labels, value))
        if times:
            output.append("node_ping_rtt_mdev%s %s\n" % (labels, statistics.pstdev(times)))
    with open(textfile + ".tmp", "w") as file:
        file.writelines(output)
    os.rename(textfile + ".tmp", textfile)
