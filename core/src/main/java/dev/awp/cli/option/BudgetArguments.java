// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli.option;

import dev.awp.AwpException;
import dev.awp.recipe.Budget;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** The options that give all layers together a budget. */
public final class BudgetArguments {
  @Option(
      names = "--target-size",
      paramLabel = "SIZE",
      converter = SizeConverter.class,
      description = {
        "Size that the checkpoint may have once codes are packed, such as 2.5GB; bits are given to"
            + " layers where they lower the measured error most."
      })
  private Long size;

  @Option(
      names = "--target-bits",
      paramLabel = "X",
      description = {
        "Mean bits of a weight in the compressed layers, codes, scales and zero points together,"
            + " such as 3.5; shared likewise."
      })
  private Double bits;

  @Option(
      names = "--target-sparsity",
      paramLabel = "RATIO",
      description = "Share of zeros in all compressed layers together; ratios are shared likewise.")
  private Double sparsity;

  @Option(
      names = "--allocate",
      paramLabel = "HOW",
      defaultValue = "error",
      description = {
        "How a target is shared: 'error', by the layers' measured error curves and by what their"
            + " errors do to the model's predictions, or 'uniform', the same for all. Default:"
            + " ${DEFAULT-VALUE}."
      })
  private Budget.Sharing sharing;

  public boolean givesBits() {
    return size != null || bits != null;
  }

  public boolean givesSparsity() {
    return sparsity != null;
  }

  public Optional<Budget> toBudget(CommandSpec spec) {
    if (Stream.of(size != null, bits != null, sparsity != null).filter(given -> given).count()
        > 1) {
      throw new ParameterException(
          spec.commandLine(),
          "--target-size, --target-bits and --target-sparsity exclude each other");
    }
    if (size != null) {
      return Optional.of(new Budget.Size(size, sharing));
    }
    if (bits != null) {
      return Optional.of(checked("--target-bits " + bits, () -> new Budget.Bits(bits, sharing)));
    }
    return Optional.ofNullable(sparsity)
        .map(
            ratio -> checked("--target-sparsity " + ratio, () -> new Budget.Zeros(ratio, sharing)));
  }

  private static Budget checked(String flag, Supplier<Budget> budget) {
    try {
      return budget.get();
    } catch (IllegalArgumentException e) {
      throw new AwpException(flag + ": " + e.getMessage(), e);
    }
  }
}
