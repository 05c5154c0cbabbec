# Copyright the awp authors
# SPDX-License-Identifier: Apache-2.0
"""Projected gradient descent of AWP (arXiv 2506.10205) on one layer, in PyTorch.

    python3 awp_torch.py FOLDER D_OUT D_IN ITERATIONS

FOLDER holds W.bin [D_OUT, D_IN] and C.bin [D_IN, D_IN], raw float32. Half of every row is kept, from Wanda's selection,
with eta = 2 / norm(C)_F. Prints one line of JSON: seconds of an iteration, and the objective after each.
"""
import json
import os
import sys
import time

import torch


def keep_largest(z, scores, k):
    """Per row the k entries of largest score, the others zero."""
    kept = torch.topk(scores.abs(), k, dim=1, sorted=False).indices
    return torch.zeros_like(z).scatter_(1, kept, z.gather(1, kept))


def read(path, rows, columns):
    return torch.frombuffer(bytearray(open(path, "rb").read()), dtype=torch.float32).reshape(rows, columns)


@torch.no_grad()
def main(folder, d_out, d_in, iterations):
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    w = read(f"{folder}/W.bin", d_out, d_in)
    c = read(f"{folder}/C.bin", d_in, d_in)
    k = d_in - d_in // 2
    eta = 2 / torch.linalg.norm(c)
    t = keep_largest(w, w * c.diagonal().sqrt(), k)
    objectives, times = [], []
    for i in range(iterations + 1):
        start = time.perf_counter()
        r = w - t
        g = r @ c
        objectives.append(float((r * g).sum(dtype=torch.float64)))
        if i < iterations:
            z = g.mul_(eta).add_(t)
            t = keep_largest(z, z, k)
        times.append(time.perf_counter() - start)
    # The first iteration warms up, the last one has no projection.
    measured = times[1:-1] or times
    print(json.dumps({"name": "torch " + torch.__version__, "seconds": sum(measured) / len(measured), "objectives": objectives}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
