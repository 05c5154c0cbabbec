# Copyright the awp authors
# SPDX-License-Identifier: Apache-2.0
"""Projected gradient descent of AWP (arXiv 2506.10205) on one layer, in numpy.

    python3 awp_numpy.py FOLDER D_OUT D_IN ITERATIONS

FOLDER holds W.bin [D_OUT, D_IN] and C.bin [D_IN, D_IN], raw float32. Half of every row is kept, from Wanda's selection,
with eta = 2 / norm(C)_F. Prints one line of JSON: seconds of an iteration, and the objective after each.
"""
import json
import sys
import time

import numpy as np


def keep_largest(z, scores, k):
    """Per row the k entries of largest score, the others zero."""
    drop = np.argpartition(np.abs(scores), z.shape[1] - k, axis=1)[:, : z.shape[1] - k]
    out = z.copy()
    np.put_along_axis(out, drop, 0, axis=1)
    return out


def main(folder, d_out, d_in, iterations):
    w = np.fromfile(f"{folder}/W.bin", dtype=np.float32).reshape(d_out, d_in)
    c = np.fromfile(f"{folder}/C.bin", dtype=np.float32).reshape(d_in, d_in)
    k = d_in - d_in // 2
    eta = np.float32(2 / np.linalg.norm(c))
    t = keep_largest(w, w * np.sqrt(np.diag(c)), k)
    objectives, times = [], []
    for i in range(iterations + 1):
        start = time.perf_counter()
        r = w - t
        g = r @ c
        objectives.append(float(np.einsum("ij,ij->", r, g, dtype=np.float64)))
        if i < iterations:
            g *= eta
            g += t
            t = keep_largest(g, g, k)
        times.append(time.perf_counter() - start)
    # The first iteration warms up, the last one has no projection.
    measured = times[1:-1] or times
    print(json.dumps({"name": "numpy " + np.__version__, "seconds": sum(measured) / len(measured), "objectives": objectives}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
