// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli.option;

import dev.awp.cli.value.Ranges;
import dev.awp.cli.value.SizeConverter;
import dev.awp.recipe.Budget;
import java.util.Optional;
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
            + " layers where they lower the measured error most. In the format gguf: of the file;"
            + " what is given are types of blocks, to the embedding and the output head too."
      })
  private Long size;

  @Option(
      names = "--target-bits",
      paramLabel = "X",
      converter = Ranges.MeanBits.class,
      description = {
        "Mean bits of a weight in the compressed layers, codes, scales and zero points together,"
            + " such as 3.5; shared likewise."
      })
  private Double bits;

  @Option(
      names = "--target-sparsity",
      paramLabel = "RATIO",
      converter = Ranges.Share.class,
      description = "Share of zeros in all compressed layers together; ratios are shared likewise.")
  private Double sparsity;

  @Option(
      names = "--allocate",
      paramLabel = "HOW",
      description = {
        "How a target is shared: 'error', by the layers' measured error curves and by what their"
            + " errors do to the model's predictions, or 'uniform', the same for all. Default:"
            + " error."
      })
  private Budget.Sharing wanted;

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
    if (wanted != null && size == null && bits == null && sparsity == null) {
      throw new ParameterException(
          spec.commandLine(),
          "--allocate says how a target is shared, and there is none: --target-size, --target-bits"
              + " or --target-sparsity");
    }
    Budget.Sharing sharing = Optional.ofNullable(wanted).orElse(Budget.Sharing.ERROR);
    if (size != null) {
      return Optional.of(new Budget.Size(size, sharing));
    }
    if (bits != null) {
      return Optional.of(new Budget.Bits(bits, sharing));
    }
    return Optional.ofNullable(sparsity).map(ratio -> new Budget.Zeros(ratio, sharing));
  }
}
