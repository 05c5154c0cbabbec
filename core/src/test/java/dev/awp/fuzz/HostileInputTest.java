// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.fuzz;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A hundred changed files of every kind; scripts/mutate goes on from here. */
class HostileInputTest {
  private static final int INPUTS = 100;
  private static final long SEED = 1;

  @TempDir private Path folder;

  static Stream<String> targets() {
    return FuzzTargets.ALL.stream().map(FuzzTarget::name);
  }

  @ParameterizedTest
  @MethodSource("targets")
  void isReadOrRefusedInWords(String name) throws IOException {
    MutationRun.Counts counts = MutationRun.run(FuzzTargets.named(name), folder, SEED, INPUTS);
    assertTrue(counts.refused() > 0 || name.equals("recipe"), counts.toString());
    assertTrue(counts.read() > 0, counts.toString());
  }
}
