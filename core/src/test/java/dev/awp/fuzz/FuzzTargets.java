// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.fuzz;

import dev.awp.blas.JavaBlas;
import dev.awp.compute.Compute;
import dev.awp.kernel.Kernels;
import dev.awp.kernel.scalar.ScalarKernels;
import dev.awp.parallel.Workers;
import java.util.List;

/** Every kind of file that comes from elsewhere. */
final class FuzzTargets {
  static final List<FuzzTarget> ALL =
      List.of(
          new SafetensorsTarget(),
          new PackedTarget("compressed-tensors", 3),
          new PackedTarget("gptq", 3),
          new PackedTarget("awq", 4),
          new GridTarget(),
          new GgufTarget(),
          new ShardIndexTarget(),
          new ConfigTarget(),
          new TokenizerJsonTarget(),
          new SentencePieceTarget(),
          new TextTarget(),
          new RecipeTarget(),
          new ReportTarget(),
          new JournalTarget());

  private FuzzTargets() {}

  static FuzzTarget named(String name) {
    return ALL.stream()
        .filter(target -> target.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "%s is none of %s"
                        .formatted(name, ALL.stream().map(FuzzTarget::name).toList())));
  }

  /** On the calling thread alone, whose heap and time are counted. */
  static Compute compute() {
    Kernels kernels = ScalarKernels.create();
    return new Compute(kernels, new JavaBlas(kernels), new Workers(1));
  }
}
