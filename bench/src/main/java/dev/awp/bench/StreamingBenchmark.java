// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.bench;

import org.openjdk.jmh.annotations.Param;

/** Kernels that one pass over memory feeds, in cache and from memory. */
public abstract class StreamingBenchmark extends KernelBenchmark {
  /** 16 KiB of float32, or 64 MiB: more than any cache of one core's share. */
  @Param({"4096", "16777216"})
  public int n = 4096;

  @Override
  protected int size() {
    return n;
  }
}
