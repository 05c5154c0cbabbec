// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.awp.compress.CompressionOptions;
import dev.awp.compress.CompressionOptions.Calibration;
import dev.awp.compress.ConstraintOptions;
import dev.awp.constraint.RowSparsity;
import dev.awp.recipe.Choice;
import dev.awp.recipe.LayerSettings;
import dev.awp.recipe.Recipe;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** What is not typed is what programs get that name nothing. */
class DefaultOptionsTest {
  private static final CompressionOptions.Builder NAMED =
      CompressionOptions.builder(Path.of("model"), Path.of("out"))
          .calibration(Calibration.of(List.of(Path.of("text.txt"))));

  private static CompressionOptions typed(String... more) {
    CompressCommand command = new CompressCommand();
    CommandLine line = new CommandLine(command).setCaseInsensitiveEnumValuesAllowed(true);
    line.parseArgs("model", "out", "--calibration=text.txt", more[0], more[1]);
    return command.options();
  }

  @Test
  void whatIsNotTypedHasTheDefaultOfPrograms() {
    ConstraintOptions half =
        new ConstraintOptions(Optional.of(new RowSparsity(0.5)), Optional.empty());
    assertEquals(NAMED.constraint(half).build(), typed("--sparsity=0.5", "--solver=auto"));
    Recipe grid = Recipe.uniform(LayerSettings.builder().bits(new Choice.Fixed<>(4)).build());
    assertEquals(NAMED.recipe(grid).build(), typed("--bits=4", "--effort=normal"));
    assertEquals(NAMED.recipe(grid).build(), typed("--bits=4", "--propagate=compressed"));
    assertEquals(NAMED.recipe(grid).build(), typed("--bits=4", "--target=propagated"));
  }
}
